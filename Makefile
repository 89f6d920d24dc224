# Cairn. `make` builds, `make check` tests, `make quickstart` trains something you can look at,
# `make help` lists the rest. Everything that is made lies under build/.
MAKEFLAGS += --no-builtin-rules
VERSION := 0.1.0
SOVERSION := 0

# release | double (nets and agent in double precision, for reference figures) | asan | tsan |
# clang (another compiler's warnings) | fuzz
MAKEFLAGS += -rR # no built-in rules: they would "make" dependency files
VARIANT ?= release
ifneq ($(filter default undefined,$(origin CC)),)
CC := $(if $(filter clang fuzz,$(VARIANT)),clang,gcc)
endif
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# For a make within a recipe: as many jobs as the caller asked for, else one per processor.
PARALLEL = --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))

# NO_ONEDNN=1 leaves oneDNN out even where it is found.
O := build/$(VARIANT)$(if $(NO_ONEDNN),-blas)

# ---------------------------------------------------------------- libraries and flags
pkg = $(shell pkg-config $(1) 2>/dev/null)
NEEDED := zlib libpng openblas inih jansson
ONEDNN := $(if $(NO_ONEDNN),,$(shell printf '\043include <dnnl.h>\n\043include <omp.h>\nint main(void) { return 0; }\n' | \
            $(CC) -x c - -o /dev/null -ldnnl -lgomp 2>/dev/null && echo 1))
ENV_LIBS := $(call pkg,--libs zlib libpng) -lm -pthread
NETS_LIBS := $(call pkg,--libs openblas) $(if $(ONEDNN),-ldnnl -lgomp) -lm
RUNS_LIBS = $(call pkg,--libs inih jansson) $(CAIRO_LIBS)
TEST_LIBS = $(call pkg,--libs check)
# The viewer is built where SDL2 and SDL2_ttf are found; nothing else needs them.
VIEW := $(shell pkg-config --exists sdl2 SDL2_ttf 2>/dev/null && echo 1)
VIEW_FLAGS := $(if $(VIEW),$(call pkg,--cflags sdl2 SDL2_ttf))
VIEW_LIBS := $(if $(VIEW),$(call pkg,--libs sdl2 SDL2_ttf))
# Charts are painted as PNG and PDF where Cairo is found.
CAIRO := $(shell pkg-config --exists cairo-png cairo-pdf 2>/dev/null && echo 1)
CAIRO_FLAGS := $(if $(CAIRO),-DVIZ_CAIRO $(call pkg,--cflags cairo))
CAIRO_LIBS := $(if $(CAIRO),$(call pkg,--libs cairo))

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
        -Werror=implicit-function-declaration
ifdef CI
WERROR := -Werror
endif
SANITIZE := -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_release := -O2 -g
CFLAGS_double := -O2 -g -DNETS_DOUBLE
CFLAGS_clang := -O1 -g
CFLAGS_asan := -O1 -g -fsanitize=address,undefined $(SANITIZE)
CFLAGS_tsan := -O1 -g -fsanitize=thread
CFLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined $(SANITIZE)
ifndef CFLAGS_$(VARIANT)
$(error VARIANT=$(VARIANT) is unknown: use release, double, asan, tsan, clang or fuzz)
endif
# No contraction to fused multiply-add and no fast-math: one meaning everywhere.
FLAGS := -std=c17 -D_GNU_SOURCE -I. $(WARN) -ffp-contract=off -fvisibility=hidden -fPIC -pthread \
         $(CFLAGS_$(VARIANT)) $(CFLAGS) $(call pkg,--cflags $(NEEDED)) \
         $(if $(ONEDNN),-DNETS_ONEDNN) -DCAIRN_VERSION='"$(VERSION)"'

# Commands are shown in short; V=1 shows them whole. An object appears under its name only when it
# is whole.
Q := $(if $(V),,@)
define COMPILE
$(if $(V),,@echo "  compile $@")
@mkdir -p $(@D)
$(Q)$(CC) $(FLAGS) $(EXTRA) $(WERROR) -MMD -MP -MF $(@:.o=.d) -MT $@ -c -o $@.$$$$ $< && mv -f $@.$$$$ $@
endef
define LINK
$(if $(V),,@echo "  link    $@")
@mkdir -p $(@D)
$(Q)$(CC) $(CFLAGS_$(VARIANT)) $(CFLAGS) $(EXTRA) $(LDFLAGS) -o $@ $(filter %.o,$^)
endef

# ---------------------------------------------------------------- what is built
objects = $(patsubst %.c,$(O)/%.o,$(wildcard $(1)/*.c))
KERNEL_ISAS := base $(if $(filter x86_64,$(shell uname -m)),avx2 avx512)
# Direct convolutions need the registers of these; in double precision nothing runs them.
DIRECT_ISAS := $(if $(filter double,$(VARIANT)),,$(filter-out base,$(KERNEL_ISAS)))
# ENV_ISAS="base avx2" or "base" leaves the wider instruction sets out of the world.
ENV_ISAS ?= $(KERNEL_ISAS)
ENV_OBJ := $(filter-out $(O)/env/kernels.o $(O)/env/terrain_lanes.o,$(call objects,env)) $(O)/env/textures.gen.o \
           $(foreach isa,$(ENV_ISAS),$(O)/env/kernels_$(isa).o $(O)/env/terrain_lanes_$(isa).o)
NETS_OBJ := $(filter-out $(O)/nets/kernels.o $(O)/nets/winograd.o $(O)/nets/attend.o $(O)/nets/direct_f32.o,$(call objects,nets)) \
            $(foreach isa,$(KERNEL_ISAS),$(O)/nets/kernels_$(isa).o \
                $(O)/nets/kernels_$(isa)_half.o $(O)/nets/winograd_$(isa).o $(O)/nets/attend_$(isa).o) \
            $(foreach isa,$(DIRECT_ISAS),$(O)/nets/direct_f32_$(isa).o)
AGENT_OBJ := $(call objects,agent)
RUNS_OBJ := $(call objects,runs) $(O)/runs/presets.gen.o
# Of viz, `cairn` has the charts and cairn-view the rest.
CHART_OBJ := $(patsubst %.c,$(O)/%.o,$(wildcard viz/chart_*.c))
VIZ_OBJ := $(filter-out $(CHART_OBJ),$(call objects,viz)) $(O)/viz/fonts.gen.o
# The release build's products lie in build/ itself.
PRODUCTS := $(if $(filter build/release,$(O)),build,$(O))
PROGRAM := $(PRODUCTS)/cairn
LIBRARY := $(PRODUCTS)/libcairn
VIEWER := $(if $(VIEW),$(PRODUCTS)/cairn-view)

.PHONY: all tests fuzzers help deps quickstart check bench traces soak format format-check lint fuzz man \
        install uninstall clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAM) $(LIBRARY).a $(LIBRARY).so $(VIEWER) ## the programs and the library (plain `make`)

$(PROGRAM): $(RUNS_OBJ) $(CHART_OBJ) $(AGENT_OBJ) $(NETS_OBJ) $(ENV_OBJ)
	$(LINK) $(RUNS_LIBS) $(NETS_LIBS) $(ENV_LIBS)
$(PRODUCTS)/cairn-view: $(VIZ_OBJ) $(AGENT_OBJ) $(NETS_OBJ) $(ENV_OBJ)
	$(LINK) $(VIEW_LIBS) $(NETS_LIBS) $(ENV_LIBS)
# One object, in which only what cairn.h declares keeps its name for the linker.
$(LIBRARY).a: $(ENV_OBJ)
	@mkdir -p $(@D)
	$(Q)ld -r -o $(O)/libcairn.o $^ && objcopy --localize-hidden $(O)/libcairn.o
	$(Q)rm -f $@ && ar rcs $@ $(O)/libcairn.o
$(LIBRARY).so: EXTRA := -shared -Wl,-soname,libcairn.so.$(SOVERSION) \
    $(if $(filter asan tsan fuzz,$(VARIANT)),,-Wl,-z,defs)
$(LIBRARY).so: $(ENV_OBJ)
	$(LINK) $(ENV_LIBS)
	@ln -sf $(@F) $(@D)/$(@F).$(SOVERSION)

$(O)/%.o: %.c $(O)/flags
	$(COMPILE)

# The same loops for three instruction sets (and two storage types); chosen at run time.
KERNEL_FLAGS := -O3 -ffp-contract=fast -fopenmp-simd -fno-math-errno -fno-trapping-math
KERNEL_ARCH_avx2 := -march=x86-64-v3
KERNEL_ARCH_avx512 := -march=x86-64-v4 -mprefer-vector-width=512
define KERNEL
$(O)/nets/$(1)_$(2)$(3).o: EXTRA = $(KERNEL_FLAGS) $(KERNEL_ARCH_$(2)) $(4) -DKERNELS=$(2)$(3)
$(O)/nets/$(1)_$(2)$(3).o: nets/$(1).c $(O)/flags
	$$(COMPILE)
endef
$(foreach isa,$(KERNEL_ISAS),$(eval $(call KERNEL,kernels,$(isa))) \
                             $(eval $(call KERNEL,kernels,$(isa),_half,-DKERNELS_HALF)) \
                             $(eval $(call KERNEL,winograd,$(isa))) \
                             $(eval $(call KERNEL,attend,$(isa))))
$(foreach isa,$(DIRECT_ISAS),$(eval $(call KERNEL,direct_f32,$(isa),,$(if $(filter asan tsan fuzz,$(VARIANT)),-DROLLED))))

# Loops over numbers that stand alone: any vectors give the same bits.
$(O)/nets/run_sequence.o: EXTRA = -O3

# Intrinsics for one instruction set.
$(O)/nets/direct_bf16.o: EXTRA = $(KERNEL_FLAGS) $(if $(KERNEL_ARCH_avx512),$(if $(filter avx512,$(KERNEL_ISAS)),$(KERNEL_ARCH_avx512) -mavx512bf16))

# The world's loops: the same bits from every instruction set, hence no contraction.
ENV_KERNEL_FLAGS := -O3 -fno-math-errno -fno-trapping-math
define ENV_KERNEL
$(O)/env/kernels_$(1).o: EXTRA = $(ENV_KERNEL_FLAGS) $(KERNEL_ARCH_$(1)) -DKERNELS=$(1)
$(O)/env/kernels_$(1).o: env/kernels.c $(O)/flags
	$$(COMPILE)
endef
$(foreach isa,$(ENV_ISAS),$(eval $(call ENV_KERNEL,$(isa))))
$(O)/env/kernels_choose.o: EXTRA = $(if $(filter avx2,$(ENV_ISAS)),-DENV_AVX2) $(if $(filter avx512,$(ENV_ISAS)),-DENV_AVX512)
# Many terrains at once: in whole numbers, the same from every instruction set.
define TERRAIN_LANES
$(O)/env/terrain_lanes_$(1).o: EXTRA = $(ENV_KERNEL_FLAGS) -Wno-psabi $(KERNEL_ARCH_$(1)) -DKERNELS=$(1)
$(O)/env/terrain_lanes_$(1).o: env/terrain_lanes.c $(O)/flags
	$$(COMPILE)
endef
$(foreach isa,$(ENV_ISAS),$(eval $(call TERRAIN_LANES,$(isa))))

# Cairn's pictures, embedded as bytes.
$(O)/env/textures.gen.c: env/textures/embed.sh $(wildcard env/textures/*.png)
	@mkdir -p $(@D)
	$(Q)sh env/textures/embed.sh env/textures/*.png > $@.$$$$ && mv -f $@.$$$$ $@
$(O)/env/textures.gen.o: $(O)/env/textures.gen.c $(O)/flags
	$(COMPILE)
# The presets, so that an installed program needs no files.
$(O)/runs/presets.gen.c: runs/presets/embed.sh $(wildcard runs/presets/*.ini)
	@mkdir -p $(@D)
	$(Q)sh runs/presets/embed.sh runs/presets/*.ini > $@.$$$$ && mv -f $@.$$$$ $@
$(O)/runs/presets.gen.o: $(O)/runs/presets.gen.c $(O)/flags
	$(COMPILE)

# The viewer's fonts, for the same reason.
$(O)/viz/fonts.gen.c: viz/fonts/embed.sh $(wildcard viz/fonts/*.otf)
	@mkdir -p $(@D)
	$(Q)sh viz/fonts/embed.sh viz/fonts/*.otf > $@.$$$$ && mv -f $@.$$$$ $@
$(O)/viz/fonts.gen.o: $(O)/viz/fonts.gen.c $(O)/flags
	$(COMPILE)
$(O)/viz/%.o $(O)/tests/viz/%.o: EXTRA = $(VIEW_FLAGS)
# Cairo installed later: this one is compiled again.
$(O)/viz/chart_cairo.o: EXTRA = $(CAIRO_FLAGS)
$(O)/viz/chart_cairo.o: $(O)/viz/cairo-$(if $(CAIRO),found,missing)
$(O)/viz/cairo-found $(O)/viz/cairo-missing:
	@mkdir -p $(@D)
	@rm -f $(@D)/cairo-* && touch $@

# Other flags, another compiler or another library: everything is compiled again. -Werror is left
# out, because it changes no object.
FINGERPRINT = $(ENV_ISAS) $(shell $(CC) --version 2>/dev/null | head -n 1) $(FLAGS) $(KERNEL_FLAGS) $(ENV_KERNEL_FLAGS) $(VIEW_FLAGS) $(LDFLAGS)
$(O)/flags: FORCE
	@command -v $(CC) pkg-config > /dev/null && pkg-config --exists --print-errors $(NEEDED) || \
	    { echo "The compiler or a library is missing: run 'make deps' first." >&2; exit 1; }
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FINGERPRINT))' | cmp -s - $@ || \
	    printf '%s\n' '$(subst ','\'',$(FINGERPRINT))' > $@

# ---------------------------------------------------------------- tests
# One program per test file: tests/env/test_rng.c -> build/$(VARIANT)/tests/env/test_rng. Files of
# a folder that are neither test_* nor bench_* are linked to all its programs.
# $(1) folder, $(2) the objects that it tests, $(3) libraries
define TESTS
TESTS_$(1) := $(patsubst %.c,$(O)/%,$(wildcard tests/$(1)/test_*.c))
TESTS_$(1)_OBJ := $(O)/tests/main.o $(patsubst %.c,$(O)/%.o,\
    $(filter-out tests/$(1)/test_% tests/$(1)/bench_%,$(wildcard tests/$(1)/*.c)))
$$(TESTS_$(1)): %: %.o $$(TESTS_$(1)_OBJ) $(2)
	$$(LINK) $$(TEST_LIBS) $(3)
ALL_TESTS += $$(TESTS_$(1))
.PHONY: tests-$(1)
tests-$(1): $$(TESTS_$(1))
endef
$(eval $(call TESTS,env,$(ENV_OBJ),$(ENV_LIBS)))
$(eval $(call TESTS,nets,$(NETS_OBJ),$(NETS_LIBS)))
$(eval $(call TESTS,agent,$(AGENT_OBJ) $(NETS_OBJ) $(ENV_OBJ),$(NETS_LIBS) $(ENV_LIBS)))
$(eval $(call TESTS,runs,$(filter-out $(O)/runs/main.o,$(RUNS_OBJ)) $(CHART_OBJ) $(AGENT_OBJ) \
    $(NETS_OBJ) $(ENV_OBJ),$(RUNS_LIBS) $(NETS_LIBS) $(ENV_LIBS)))
ifdef VIEW
$(eval $(call TESTS,viz,$(filter-out $(O)/viz/main.o,$(VIZ_OBJ)) $(AGENT_OBJ) $(NETS_OBJ) $(ENV_OBJ),\
    $(VIEW_LIBS) $(NETS_LIBS) $(ENV_LIBS)))
endif
tests: $(ALL_TESTS)

# Programs of tests/env that take longer than a test may.
LONG_ENV := $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/env/bench_*.c))
$(LONG_ENV): %: %.o $(filter-out $(O)/tests/main.o,$(TESTS_env_OBJ)) $(ENV_OBJ)
	$(LINK) $(TEST_LIBS) $(ENV_LIBS)

# tests/fuzz/fuzz_*.c: with libFuzzer in VARIANT=fuzz, else with a main that replays a corpus.
FUZZERS := $(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/fuzz_*.c))
$(FUZZERS): EXTRA := $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer)
$(FUZZERS): %: %.o $(if $(filter fuzz,$(VARIANT)),,$(O)/tests/fuzz/replay.o) \
            $(O)/tests/env/invariants.o $(filter-out $(O)/runs/main.o,$(RUNS_OBJ)) $(CHART_OBJ) \
            $(AGENT_OBJ) $(NETS_OBJ) $(ENV_OBJ)
	$(LINK) $(RUNS_LIBS) $(NETS_LIBS) $(ENV_LIBS)
fuzzers: $(FUZZERS)

check: ## installs what is missing, builds with warnings as errors, runs every test
	@.ci/deps check
	@CC='$(CC)' JOBS='$(JOBS)' bash tests/check.sh
fuzz: ## fuzzes every parser for FUZZ_SECONDS (60) each
	@.ci/deps check
	@$(MAKE) $(PARALLEL) VARIANT=fuzz fuzzers
	@bash tests/fuzz/fuzz.sh build/fuzz $(FUZZ_SECONDS)

# ---------------------------------------------------------------- format and lint
SOURCES = $(wildcard $(foreach dir,env env/examples nets agent runs viz tests tests/*,$(dir)/*.c $(dir)/*.h))
SCRIPTS = .ci/run .ci/deps .ci/quickstart $(wildcard env/textures/*.sh runs/presets/*.sh runs/man/*.sh viz/fonts/*.sh tests/*.sh tests/*/*.sh tests/*/*.bash)
format: ## rewrites the sources in the committed layout
	clang-format -i $(SOURCES)
format-check: ## fails when `make format` would change something
	@bash tests/format.sh $(SOURCES)
lint: ## clang-tidy, cppcheck and shellcheck; prints nothing when all is well
	@bash tests/lint.sh '$(subst ','\'',$(FLAGS) $(VIEW_FLAGS) $(CAIRO_FLAGS) -Ienv)' $(filter %.c,$(SOURCES))
	@shellcheck $(SCRIPTS)

# ---------------------------------------------------------------- the user's targets
deps: ## installs missing packages with apt (root or sudo), else names them
	@.ci/deps build

QUICKSTART_STEPS ?= 400000
QUICKSTART := build/quickstart
quickstart: ## installs, builds, trains a few minutes, evaluates, writes a report
	@.ci/deps build
	@echo "== building"
	@$(MAKE) $(PARALLEL) all
	@.ci/quickstart $(QUICKSTART) $(QUICKSTART_STEPS)

SOAK_STEPS ?= 1e9
traces: ## replays the golden traces by two compilers, two levels, three sets of instructions
	@bash tests/env/traces.sh
soak: $(O)/tests/env/bench_soak ## plays SOAK_STEPS (a billion) steps and looks whether all stays in order
	$(O)/tests/env/bench_soak $(SOAK_STEPS)
bench: all $(O)/tests/env/bench_distribution ## speed of the world and of learning, one JSON line each
	$(PROGRAM) bench env
	$(PROGRAM) bench env --mode fast --worlds 1024
	$(O)/tests/env/bench_distribution
	$(PROGRAM) bench learn --preset ppo
	$(PROGRAM) bench learn --preset paper-ppo

MAN := $(PRODUCTS)/cairn.1
$(MAN): runs/man/cairn.1.in runs/man/commands.sh runs/man/page.awk $(PROGRAM)
	$(Q)sh runs/man/commands.sh $< $(PROGRAM) > $@.$$$$ && mv -f $@.$$$$ $@
VIEW_MAN := $(if $(VIEW),$(PRODUCTS)/cairn-view.1)
$(PRODUCTS)/cairn-view.1: viz/cairn-view.1.in runs/man/commands.sh runs/man/page.awk $(VIEWER)
	$(Q)sh runs/man/commands.sh $< $(VIEWER) > $@.$$$$ && mv -f $@.$$$$ $@
man: $(MAN) $(VIEW_MAN) ## the manual page, whose options come from the program itself

LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
EXAMPLES := $(wildcard env/examples/*.c)
EXAMPLEDIR := $(PREFIX)/share/doc/cairn/examples
# What install puts there.
INSTALLED = $(PREFIX)/bin/cairn $(if $(VIEW),$(PREFIX)/bin/cairn-view) $(INCLUDEDIR)/cairn.h $(LIBDIR)/libcairn.a $(LIBDIR)/libcairn.so \
    $(LIBDIR)/libcairn.so.$(SOVERSION) $(LIBDIR)/libcairn.so.$(VERSION) \
    $(LIBDIR)/pkgconfig/cairn.pc $(MANDIR)/man1/cairn.1 \
    $(VIEW_MAN:$(PRODUCTS)/%=$(MANDIR)/man1/%) \
    $(EXAMPLES:env/examples/%=$(EXAMPLEDIR)/%)
install: all $(MAN) $(VIEW_MAN) ## to PREFIX (/usr/local), LIBDIR, INCLUDEDIR, MANDIR; below DESTDIR if given
	install -d $(sort $(dir $(INSTALLED:%=$(DESTDIR)%)))
	install $(PROGRAM) $(VIEWER) $(DESTDIR)$(PREFIX)/bin
	install -m 644 env/cairn.h $(DESTDIR)$(INCLUDEDIR)/cairn.h
	install -m 644 $(LIBRARY).a $(DESTDIR)$(LIBDIR)/libcairn.a
	install -m 644 $(LIBRARY).so $(DESTDIR)$(LIBDIR)/libcairn.so.$(VERSION)
	ln -sf libcairn.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libcairn.so.$(SOVERSION)
	ln -sf libcairn.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libcairn.so
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@VERSION@|$(VERSION)|' \
	    env/cairn.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/cairn.pc
	install -m 644 $(MAN) $(VIEW_MAN) $(DESTDIR)$(MANDIR)/man1
	install -m 644 $(EXAMPLES) $(DESTDIR)$(EXAMPLEDIR)
uninstall: ## removes what install put there
	rm -f $(INSTALLED:%=$(DESTDIR)%)
	rmdir $(DESTDIR)$(EXAMPLEDIR) $(DESTDIR)$(dir $(EXAMPLEDIR)) 2>/dev/null || true

clean: ## removes build/
	rm -rf build env/python/build env/python/*.egg-info env/python/cairn/libcairn.so
help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 14

-include $(wildcard $(patsubst %,$(O)/%/*.d,env nets agent runs viz tests tests/*))

# Cairn. `make` builds, `make check` tests, `make quickstart` trains something you can look at.
# Objects go to build/$(VARIANT)/; VARIANT is release, asan, tsan or double (nets and agent in
# double precision, for tests against reference figures).
VARIANT ?= release
CC ?= gcc
O := build/$(VARIANT)

PKGS := zlib libpng
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) openblas inih jansson 2>/dev/null)
ONEDNN := $(shell echo 'int main(void){return 0;}' | $(CC) -x c - -o /dev/null -ldnnl 2>/dev/null && echo 1)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes
ifdef CI
WARN += -Werror
endif
CFLAGS_release := -O2 -g
CFLAGS_double := -O2 -g -DNETS_DOUBLE
CFLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_tsan := -O1 -g -fsanitize=thread
BASE := -std=c17 -D_GNU_SOURCE -I. $(WARN) -ffp-contract=off -fvisibility=hidden -fPIC -pthread \
        $(CFLAGS_$(VARIANT)) $(PKG_CFLAGS) $(if $(ONEDNN),-DNETS_ONEDNN) -MMD -MP

ENV_LIBS := $(shell pkg-config --libs $(PKGS)) -lm -pthread
NETS_LIBS := $(shell pkg-config --libs openblas) $(if $(ONEDNN),-ldnnl -lgomp) -lm
RUNS_LIBS := $(shell pkg-config --libs inih jansson)

ENV_OBJ := $(patsubst %.c,$(O)/%.o,$(wildcard env/*.c)) $(O)/env/textures.gen.o
KERNEL_ISAS := base $(if $(filter x86_64,$(shell uname -m)),avx2 avx512)
NETS_OBJ := $(patsubst %.c,$(O)/%.o,$(filter-out nets/kernels.c,$(wildcard nets/*.c))) \
            $(foreach isa,$(KERNEL_ISAS),$(O)/nets/kernels_$(isa).o $(O)/nets/kernels_$(isa)_half.o)
AGENT_OBJ := $(patsubst %.c,$(O)/%.o,$(wildcard agent/*.c))
RUNS_OBJ := $(patsubst %.c,$(O)/%.o,$(wildcard runs/*.c))

.PHONY: all check clean
.DELETE_ON_ERROR:
all: build/cairn build/libcairn.a build/libcairn.so

build/cairn: $(RUNS_OBJ) $(AGENT_OBJ) $(NETS_OBJ) $(ENV_OBJ)
	$(CC) $(CFLAGS_$(VARIANT)) -o $@ $^ $(RUNS_LIBS) $(NETS_LIBS) $(ENV_LIBS)
build/libcairn.a: $(ENV_OBJ)
	ar rcs $@ $^
build/libcairn.so: $(ENV_OBJ)
	$(CC) -shared -o $@ $^ $(ENV_LIBS)

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -c -o $@ $<
# The same loops for three instruction sets and two storage types; chosen at run time.
KERNEL_FLAGS := -O3 -ffp-contract=fast -fopenmp-simd -fno-math-errno -fno-trapping-math
KERNEL_ARCH_base :=
KERNEL_ARCH_avx2 := -march=x86-64-v3
KERNEL_ARCH_avx512 := -march=x86-64-v4 -mprefer-vector-width=512
$(O)/nets/kernels_%_half.o: nets/kernels.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(KERNEL_FLAGS) $(KERNEL_ARCH_$*) -DKERNELS_HALF -DKERNELS=$*_half -c -o $@ $<
$(O)/nets/kernels_%.o: nets/kernels.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(KERNEL_FLAGS) $(KERNEL_ARCH_$*) -DKERNELS=$* -c -o $@ $<
$(O)/nets/kernels_choose.o: nets/kernels_choose.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -c -o $@ $<

# Cairn's pictures, embedded as bytes.
$(O)/env/textures.gen.c: env/textures/embed.sh $(wildcard env/textures/*.png)
	@mkdir -p $(@D)
	sh env/textures/embed.sh env/textures/*.png > $@
$(O)/env/textures.gen.o: $(O)/env/textures.gen.c
	$(CC) $(BASE) -c -o $@ $<

# One program per test file: tests/env/test_rng.c -> build/$(VARIANT)/tests/env/test_rng
TEST_LIBS := $(shell pkg-config --libs check)
$(O)/tests/env/%: tests/env/%.c tests/main.c $(ENV_OBJ)
	@mkdir -p $(@D)
	$(CC) $(BASE) -o $@ $(filter %.c %.o,$^) $(TEST_LIBS) $(ENV_LIBS)
$(O)/tests/nets/%: tests/nets/%.c tests/main.c $(NETS_OBJ)
	@mkdir -p $(@D)
	$(CC) $(BASE) -o $@ $(filter %.c %.o,$^) $(TEST_LIBS) $(NETS_LIBS)
$(O)/tests/agent/%: tests/agent/%.c tests/main.c $(AGENT_OBJ) $(NETS_OBJ) $(ENV_OBJ)
	@mkdir -p $(@D)
	$(CC) $(BASE) -o $@ $(filter %.c %.o,$^) $(TEST_LIBS) $(NETS_LIBS) $(ENV_LIBS)

clean:
	rm -rf build
-include $(shell find build -name '*.d' 2>/dev/null)

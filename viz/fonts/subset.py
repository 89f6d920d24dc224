#!/usr/bin/env python3
"""Makes the fonts of this folder from those of Debian's package fonts-inter 4.0~beta7, with fonttools:

    python3 subset.py Inter-Regular.otf viz/fonts/Inter-Regular.otf

Keeps Latin letters, punctuation and a few signs, 32 KB of 259, and makes the tabular figures the
standard ones, so that numbers do not shift as they change.
"""
import io
import sys

from fontTools import subset

SIGNS = [0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2026, 0x2190, 0x2191, 0x2192,
         0x2193, 0x2212, 0x25B2, 0x25B6, 0x25C0, 0x25C6, 0x25CF, 0x2713]
KEPT = [*range(0x20, 0x7F), *range(0xA0, 0x180), *SIGNS]


def load_and_subset(file, features):
    options = subset.Options(layout_features=features, hinting=False, name_IDs=["*"])
    font = subset.load_font(file, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=KEPT)
    subsetter.subset(font)
    return font


def make_figures_tabular(font):
    table = font["GSUB"].table
    tabular = {}
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for lookup in record.Feature.LookupListIndex:
                for substitution in table.LookupList.Lookup[lookup].SubTable:
                    substitution = getattr(substitution, "ExtSubTable", substitution)
                    tabular.update(substitution.mapping)
    for characters in font["cmap"].tables:
        for digit in range(ord("0"), ord("9") + 1):
            if digit in characters.cmap:
                characters.cmap[digit] = tabular[characters.cmap[digit]]


font = load_and_subset(sys.argv[1], ["kern", "tnum"])
make_figures_tabular(font)
stage = io.BytesIO()
font.save(stage)
stage.seek(0)
load_and_subset(stage, ["kern"]).save(sys.argv[2])

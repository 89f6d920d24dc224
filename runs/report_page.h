// Pieces of the HTML page; internal to report_html*.c.
#pragma once
#include <stdio.h>

#include "runs/report_detail.h"
#include "runs/report_strip.h"

extern const char report_page_style[]; // the page's own rules, without the charts'

void page_name(const char* underscored, FILE* file); // "collect coal"
// A figure with its full value for programs: <data value="14.2361...">14.2</data>; a dash for NaN.
void page_value(double value, const char* format, FILE* file);
void page_spread(double mean, double deviation, bool spread, const char* format, FILE* file);
// tag: "td", "th scope=\"row\""
void page_cell(const char* tag, const char* text, FILE* file);
// Opens a table that scrolls by itself where the page is narrow. heads: "agent" to the left by a
// leading '<'.
void page_table(const char* caption, const char* const* heads, size_t count, FILE* file);
void page_table_end(FILE* file);
void page_seconds(double seconds, FILE* file);                      // "1:02:03", a dash for NaN
void page_png(const unsigned char* bytes, size_t size, FILE* file); // as a data: address

// Sections. false: out of memory.
bool page_spectrum(const ReportDetail* detail, FILE* file);
bool page_comparison(const ReportDetail* detail, FILE* file);
bool page_curves(const ReportDetail* detail, FILE* file);
bool page_losses(const ReportDetail* detail, FILE* file);
bool page_episodes(const ReportDetail* detail, FILE* file);
bool page_settings(const ReportDetail* detail, FILE* file);
bool page_time(const ReportDetail* detail, FILE* file);

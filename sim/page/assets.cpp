// SPDX-License-Identifier: Apache-2.0
#include "page/assets.hpp"

#include "page/page.hpp"

#include <string>

// The assembler puts the files into the program as they are; TOKENYARD_PAGE is the folder that CMake has gathered them in.
#define TOKENYARD_EMBED(name, file)                                                        \
    asm(".pushsection .rodata\n"                                                           \
        "tokenyard_" #name "_begin: .incbin \"" TOKENYARD_PAGE "/" file                    \
        "\"\n"                                                                             \
        "tokenyard_" #name                                                                 \
        "_end: .byte 0\n"                                                                  \
        ".popsection\n");                                                                  \
    extern "C" const char tokenyard_##name##_begin[], tokenyard_##name##_end[];            \
    namespace {                                                                            \
    std::string_view name() { return {tokenyard_##name##_begin, tokenyard_##name##_end}; } \
    }

TOKENYARD_EMBED(chart_library, "echarts.min.js")
TOKENYARD_EMBED(prediction_html, "prediction.html")
TOKENYARD_EMBED(prediction_css, "prediction.css")
TOKENYARD_EMBED(prediction_js, "prediction.js")
TOKENYARD_EMBED(study_html, "study.html")
TOKENYARD_EMBED(study_css, "study.css")
TOKENYARD_EMBED(study_js, "study.js")

namespace tokenyard {
namespace assets {

std::string_view charts() { return chart_library(); }
Page prediction() { return {prediction_html(), prediction_css(), prediction_js()}; }
Page study() { return {study_html(), study_css(), study_js()}; }

}  // namespace assets

std::string refusal_of_page() { return {}; }

}  // namespace tokenyard

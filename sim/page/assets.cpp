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
    namespace tokenyard::assets {                                                          \
    std::string_view name() { return {tokenyard_##name##_begin, tokenyard_##name##_end}; } \
    }

TOKENYARD_EMBED(html, "page.html")
TOKENYARD_EMBED(css, "page.css")
TOKENYARD_EMBED(charts, "echarts.min.js")
TOKENYARD_EMBED(js, "page.js")

namespace tokenyard {

std::string refusal_of_page() { return {}; }

}  // namespace tokenyard

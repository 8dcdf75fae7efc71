# SPDX-License-Identifier: Apache-2.0
# Writes a text file as a constant of a script:  cmake -D TEXT=FILE -D NAME=CONSTANT -D SCRIPT=FILE -P embed_text.cmake
file(READ ${TEXT} text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "`" "\\`" text "${text}")
string(REPLACE "\${" "\\\${" text "${text}")
string(REPLACE "</" "<\\/" text "${text}")
file(WRITE ${SCRIPT} "const ${NAME} = `${text}`;\n")

// SPDX-License-Identifier: Apache-2.0
// Names of the opcodes of Python's pickles, for messages.
#pragma once

#include <string_view>
#include <utility>

namespace tokenyard {

/// Opcodes that are known and refused, by the names of pickletools.
inline constexpr std::pair<char, std::string_view> refused_opcodes[] = {{'i', "INST"},
                                                                        {'o', "OBJ"},
                                                                        {'b', "BUILD"},
                                                                        {'P', "PERSID"},
                                                                        {'F', "FLOAT"},
                                                                        {'I', "INT"},
                                                                        {'L', "LONG"},
                                                                        {'S', "STRING"},
                                                                        {'T', "BINSTRING"},
                                                                        {'U', "SHORT_BINSTRING"},
                                                                        {'V', "UNICODE"},
                                                                        {'0', "POP"},
                                                                        {'1', "POP_MARK"},
                                                                        {'2', "DUP"},
                                                                        {'d', "DICT"},
                                                                        {'l', "LIST"},
                                                                        {'g', "GET"},
                                                                        {'p', "PUT"},
                                                                        {'\x81', "NEWOBJ"},
                                                                        {'\x82', "EXT1"},
                                                                        {'\x83', "EXT2"},
                                                                        {'\x84', "EXT4"},
                                                                        {'\x8b', "LONG4"},
                                                                        {'B', "BINBYTES"},
                                                                        {'C', "SHORT_BINBYTES"},
                                                                        {'\x8c', "SHORT_BINUNICODE"},
                                                                        {'\x8d', "BINUNICODE8"},
                                                                        {'\x8e', "BINBYTES8"},
                                                                        {'\x8f', "EMPTY_SET"},
                                                                        {'\x90', "ADDITEMS"},
                                                                        {'\x91', "FROZENSET"},
                                                                        {'\x92', "NEWOBJ_EX"},
                                                                        {'\x93', "STACK_GLOBAL"},
                                                                        {'\x95', "FRAME"},
                                                                        {'\x96', "BYTEARRAY8"},
                                                                        {'\x97', "NEXT_BUFFER"},
                                                                        {'\x98', "READONLY_BUFFER"}};

}  // namespace tokenyard

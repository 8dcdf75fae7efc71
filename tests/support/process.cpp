// SPDX-License-Identifier: Apache-2.0
#include "support/process.hpp"

#include "support/files.hpp"

#include <sys/wait.h>

#include <cstdlib>

namespace tokenyard {

ProcessResult run_program(const std::string& program, const std::string& arguments, const std::string& folder) {
    const TemporaryFolder outputs;
    const std::string command = "cd '" + folder + "' && '" + program + "' " + arguments + " >'" + outputs.path("out") + "' 2>'" +
                                outputs.path("err") + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(outputs.path("out")),
            read_file(outputs.path("err"))};
}

ProcessResult run_tokenyard(const std::string& arguments, const std::string& folder) {
    return run_program(TOKENYARD_PROGRAM, arguments, folder);
}

ProcessResult run_tokenyard_killed_at(const std::string& point, const std::string& arguments, const std::string& folder) {
    return run_program("/usr/bin/env", "TOKENYARD_KILL_AT=" + point + " '" TOKENYARD_PROGRAM "' " + arguments, folder);
}

}  // namespace tokenyard

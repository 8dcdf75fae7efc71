#include "cli/verbs.hpp"
namespace tokenyard::gpu {
Verb bench_verb(const std::string&) { return {"bench", "", {}, {}}; }
}  // namespace tokenyard::gpu

// What every device promises, held against the CPU.
#include <gtest/gtest.h>

#include <set>

#include "backend/cpu/cpu.h"
#include "base/concat.h"
#include "base/error.h"
#include "tactic_check.h"

namespace dvt::test {
namespace {

using namespace backend;

TEST(Device, TacticsHaveUniqueNamesAndTheReferenceIsLast) {
  std::set<std::string_view> names;
  for (const Tactic& t : cpu::device().tactics()) {
    EXPECT_TRUE(names.insert(t.name).second) << t.name;
    EXPECT_EQ(t.name.substr(0, 4), "cpu.");
    EXPECT_NE(t.supports, nullptr);
    EXPECT_NE(t.create, nullptr);
    EXPECT_EQ(cpu::device().find(t.name), &t);
  }
  EXPECT_EQ(cpu::device().tactics().back().name, "cpu.reference");
}

TEST(Device, HostTargetCountsItsThreads) {
  EXPECT_EQ(cpu::device().host_target(3).threads, 3);
  EXPECT_GE(cpu::device().host_target(0).threads, 1);
}

TEST(Device, EveryTacticAnswersEveryProblemWithAReason) {
  // Each tactic is asked about all problems, of other operators too, for a target that the host may not be.
  for (const std::string& name : corpus_names())
    for (const std::string& line : corpus(name)) {
      const Problem p = parse_problem(line);
      for (const char* isa : {"baseline", "avx2", "avx512"}) {
        const Target target = capped_target(isa, 2);
        int yes = 0;
        for (const Tactic& t : cpu::device().tactics()) {
          const Support s = t.supports(p, target);
          yes += static_cast<bool>(s);
          EXPECT_NE(s ? "a reason" : s.reason(), "") << t.name << " for " << line;
        }
        EXPECT_GE(yes, 1) << line;
      }
    }
}

TEST(Device, NothingIsGeneratedWhereExecutableMemoryIsDenied) {
  for (const std::string& name : corpus_names())
    for (const std::string& line : corpus(name)) {
      Target target = capped_target("avx512", 1);
      target.can_jit = false;
      for (const Tactic& t : cpu::device().tactics())
        if (t.name.find("jit") != t.name.npos || t.name.find("tiled") != t.name.npos) {
          EXPECT_FALSE(t.supports(parse_problem(line), target)) << t.name << " for " << line;
        }
    }
}

}  // namespace
}  // namespace dvt::test

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/knobs.h"
#include "base/log.h"

namespace dvt {
namespace {

Knobs from(const std::map<std::string, std::string>& environment) {
  return read_knobs([&](const char* name) -> std::optional<std::string> {
    const auto it = environment.find(name);
    return it == environment.end() ? std::nullopt : std::optional<std::string>(it->second);
  });
}

TEST(Knobs, DefaultsAndValues) {
  const Knobs none = from({});
  EXPECT_EQ(none.DOVETAIL_STOP_AFTER, -1);
  EXPECT_EQ(none.DOVETAIL_THREADS, 0);
  EXPECT_FALSE(none.DOVETAIL_VERIFY_TACTICS);
  const Knobs k = from({{"DOVETAIL_STOP_AFTER", "17"}, {"DOVETAIL_VERIFY_TACTICS", "1"}, {"DOVETAIL_ISA", "avx2"}});
  EXPECT_EQ(k.DOVETAIL_STOP_AFTER, 17);
  EXPECT_TRUE(k.DOVETAIL_VERIFY_TACTICS);
  EXPECT_EQ(k.DOVETAIL_ISA, "avx2");
  EXPECT_TRUE(k.complaints.empty());
}

TEST(Knobs, WhatCannotBeReadKeepsTheDefaultAndComplains) {
  const Knobs k =
      from({{"DOVETAIL_THREADS", "many"}, {"DOVETAIL_VERIFY_TACTICS", "perhaps"}, {"DOVETAIL_STOP_AFTER", ""}});
  EXPECT_EQ(k.DOVETAIL_THREADS, 0);
  EXPECT_EQ(k.complaints, (std::vector<std::string>{
                              "DOVETAIL_THREADS: 'many' is not a number; using 0",
                              "DOVETAIL_VERIFY_TACTICS: 'perhaps' is not 0 or 1; using false",
                          }));
}

TEST(Knobs, TableHasEveryOne) {
  ASSERT_FALSE(knob_table().empty());
  for (const KnobInfo& k : knob_table()) {
    EXPECT_EQ(k.name.substr(0, 9), "DOVETAIL_");
    EXPECT_FALSE(k.doc.empty());
  }
  EXPECT_EQ(&knobs(), &knobs());
}

struct Recorder : LogSink {
  std::vector<std::string> lines;
  Severity least = Severity::kVerbose;
  void write(Severity severity, std::string_view topic, std::string_view message) noexcept override {
    lines.push_back(concat(severity, "|", topic, "|", message));
  }
  bool enabled(Severity s) const noexcept override { return s <= least; }
};

TEST(Log, GoesToTheScopeOfTheThread) {
  Recorder outer, inner;
  inner.least = Severity::kInfo;
  log(Severity::kError, "test", "nobody listens");
  {
    const LogScope scope(&outer);
    log(Severity::kInfo, "test", "one");
    {
      const LogScope nested(&inner);
      log(Severity::kWarning, "test", "two ", 2);
      log(Severity::kVerbose, "test", "below the threshold");
      EXPECT_FALSE(log_enabled(Severity::kVerbose));
    }
    std::thread([] { EXPECT_EQ(current_log(), nullptr); }).join();
    log(Severity::kInternalError, "test", "three");
  }
  log(Severity::kError, "test", "nobody listens");
  EXPECT_EQ(outer.lines, (std::vector<std::string>{"info|test|one", "internal error|test|three"}));
  EXPECT_EQ(inner.lines, (std::vector<std::string>{"warning|test|two 2"}));
}

TEST(Error, CarriesItsPlace) {
  try {
    throw Error(ErrorCode::kInvalidModel, "axis ", 4, " is outside rank ", 3).at("node 'x'");
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "axis 4 is outside rank 3\n    at node 'x'");
    EXPECT_EQ(to_string(e.code()), "invalid model");
  }
  EXPECT_EQ(concat("a", 'b', true, 0.1, 2.5f, uint64_t{18446744073709551615u}), "abtrue0.12.518446744073709551615");
}

}  // namespace
}  // namespace dvt

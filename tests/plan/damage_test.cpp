// Plans that are damaged, foreign, or altered on purpose.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "plan/format.h"
#include "plan/reader.h"
#include "plan/writer.h"
#include "repair.h"
#include "sample.h"

namespace dvt::plan {
namespace {

using testing::HasSubstr;

/// What the reader says of these bytes; "" when it accepts them.
std::string refusal(const std::vector<std::byte>& bytes) {
  try {
    read_plan(Blob::copy(bytes));
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidPlan);
    EXPECT_NE(std::string(e.what()), "");
    return e.what();
  }
  return "";
}

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

template <class T>
void put(std::vector<std::byte>& plan, size_t offset, T value) {
  std::memcpy(plan.data() + offset, &value, sizeof value);
}

void rehash_header(std::vector<std::byte>& plan) {
  RawHeader h;
  std::memcpy(&h, plan.data(), sizeof h);
  h.header_hash = hash_header(h);
  std::memcpy(plan.data(), &h, sizeof h);
}

TEST(DamagedPlan, EmptyFile) { EXPECT_THAT(refusal({}), HasSubstr("empty (0 bytes)")); }

TEST(DamagedPlan, TextFile) {
  const std::string text =
      refusal(bytes_of("{\"model\": \"resnet\"}\nand so on for longer than a header would be, or so"));
  EXPECT_THAT(text, HasSubstr("not a plan"));
  EXPECT_THAT(text, HasSubstr("{\"model\""));
}

TEST(DamagedPlan, PlanOfAnotherLibrary) {
  std::vector<std::byte> plan = write_plan(sample());
  put<uint32_t>(plan, 8, 0x12345678);
  EXPECT_THAT(refusal(plan), HasSubstr("not written by Dovetail"));
}

TEST(DamagedPlan, NewerAndOlderFormat) {
  std::vector<std::byte> plan = write_plan(sample());
  put<uint32_t>(plan, 12, kFormatVersion + 1);
  EXPECT_THAT(refusal(plan), HasSubstr("header was altered"));
  rehash_header(plan);
  EXPECT_THAT(refusal(plan), HasSubstr("newer than this library reads"));
  put<uint32_t>(plan, 12, kFormatVersion - 1);
  rehash_header(plan);
  EXPECT_THAT(refusal(plan), HasSubstr("older than this library reads"));
}

TEST(DamagedPlan, OtherByteOrder) {
  std::vector<std::byte> plan = write_plan(sample());
  std::reverse(plan.begin(), plan.begin() + 4);
  EXPECT_THAT(refusal(plan), HasSubstr("other byte order"));
  plan = write_plan(sample());
  std::reverse(plan.begin() + 28, plan.begin() + 32);
  EXPECT_THAT(refusal(plan), HasSubstr("other byte order"));
}

TEST(DamagedPlan, TrailingBytes) {
  std::vector<std::byte> plan = write_plan(sample());
  plan.push_back({});
  EXPECT_THAT(refusal(plan), HasSubstr("1 bytes follow the plan's"));
}

TEST(DamagedPlan, SaysWhichPartWasAltered) {
  const std::vector<std::byte> good = write_plan(sample());
  std::vector<std::byte> plan = good;
  plan[20] ^= std::byte{1};
  EXPECT_THAT(refusal(plan), HasSubstr("header was altered"));
  plan = good;
  plan[100] ^= std::byte{1};
  EXPECT_THAT(refusal(plan), HasSubstr("structure"));
  plan = good;
  plan[good.size() - 1] ^= std::byte{1};
  EXPECT_THAT(refusal(plan), HasSubstr("section 1 (12 bytes"));
}

TEST(DamagedPlan, EveryTruncationIsRefused) {
  const std::vector<std::byte> good = write_plan(sample());
  std::mt19937 random(1);
  for (int i = 0; i < 100; ++i) {
    const size_t size = random() % good.size();
    EXPECT_NE(refusal({good.begin(), good.begin() + static_cast<ptrdiff_t>(size)}), "") << "truncated at " << size;
  }
  const std::vector<std::byte> most(good.begin(), good.end() - 1);
  EXPECT_THAT(refusal(most), HasSubstr("truncated at"));
}

TEST(DamagedPlan, EveryAlteredByteIsRefused) {
  const std::vector<std::byte> good = write_plan(sample());
  for (size_t at = 0; at < good.size(); ++at) {
    std::vector<std::byte> plan = good;
    plan[at] ^= std::byte{0x41};
    EXPECT_NE(refusal(plan), "") << "byte " << at;
  }
}

// Whoever alters a plan on purpose makes the hashes right: then the plan may load or not, but whatever loads is
// consistent in itself, which writing and reading it again proves.
TEST(HostilePlan, NeverCrashesAndWhatLoadsIsConsistent) {
  const std::vector<std::byte> good = write_plan(sample());
  std::mt19937 random(7);
  int accepted = 0;
  for (int i = 0; i < 4000; ++i) {
    std::vector<std::byte> plan = good;
    for (unsigned k = 0; k <= random() % 3; ++k)
      plan[kHeaderBytes + random() % (plan.size() - kHeaderBytes)] = static_cast<std::byte>(random());
    repair_hashes(plan);
    try {
      const Document d = read_plan(Blob::copy(plan));
      ++accepted;
      EXPECT_NO_THROW(read_plan(Blob::copy(write_plan(d))));
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInvalidPlan) << e.what();
    }
  }
  EXPECT_GT(accepted, 100);  // letters of names, weights
}

}  // namespace
}  // namespace dvt::plan

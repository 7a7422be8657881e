#include "backend/target.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace dvt::backend {
namespace {

TEST(Target, IsaTextReadsBackAsItself) {
  Target t;
  EXPECT_EQ(isa_string(t), "cpu:baseline");
  for (uint32_t isa = 0; isa < 512; ++isa) {
    t.isa = isa;
    EXPECT_EQ(parse_isa(isa_string(t)), isa);
  }
}

TEST(Target, RefusesUnknownWords) {
  EXPECT_THROW(parse_isa("cpu:avx1024"), Error);
  EXPECT_THROW(parse_isa("cpu:"), Error);
  EXPECT_THROW(parse_isa("cpu:avx2+"), Error);
  EXPECT_THROW(parse_isa("gpu:avx2"), Error);
}

TEST(Target, TimingKeyTellsMachinesApart) {
  Target a, b;
  b.threads = 2;
  EXPECT_NE(timing_key(a), timing_key(b));
  b = a;
  b.l2_bytes *= 2;
  EXPECT_NE(timing_key(a), timing_key(b));
}

}  // namespace
}  // namespace dvt::backend

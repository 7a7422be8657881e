#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "plan/plan.h"
#include "plan/validate.h"

namespace dvt::plan {

/// A change that makes a valid document invalid, and what the refusal says.
struct Case {
  const char* name;
  std::function<void(Document&)> change;
  const char* sentence;
};

inline void expect_refused(Document d, const Case& c) {
  ASSERT_NO_THROW(validate(d));
  c.change(d);
  try {
    validate(d);
    ADD_FAILURE() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidPlan);
    EXPECT_THAT(e.what(), testing::HasSubstr(c.sentence));
  }
}

}  // namespace dvt::plan

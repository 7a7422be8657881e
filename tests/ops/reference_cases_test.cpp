// Every case of reference_cases.txt and type_cases.txt: types and values that another implementation gives.
#include <gtest/gtest.h>

#include <cmath>

#include "case_file.h"

namespace dvt::ops {
namespace {

/// Half a unit in the last place is lost on either side.
double unit_of(DType t) {
  switch (t) {
    case DType::f64:
      return 0x1p-52;
    case DType::f32:
      return 0x1p-23;
    case DType::f16:
      return 0x1p-10;
    case DType::bf16:
      return 0x1p-7;
    default:
      return 0;
  }
}

void expect_outputs(const FileCase& c, const std::vector<Tensor>& got, double relative) {
  if (got.size() != c.outputs.size()) FAIL() << "got " << got.size() << " outputs";
  for (size_t k = 0; k < got.size(); ++k) {
    EXPECT_EQ(got[k].dtype, c.outputs[k].dtype);
    ASSERT_EQ(got[k].dims, c.outputs[k].dims);
    const ReadView a = got[k].read(), b = c.outputs[k].read();
    for (int64_t i = 0; i < a.volume(); ++i) {
      SCOPED_TRACE(concat("output ", k, " element ", i));
      if (!is_floating(a.dtype())) {
        EXPECT_EQ(a.get_int(i), b.get_int(i));
      } else if (!(std::isnan(a.get(i)) && std::isnan(b.get(i))) && a.get(i) != b.get(i)) {
        const double tolerance = relative > 0 ? relative : unit_of(a.dtype()) * std::fabs(b.get(i));
        EXPECT_NEAR(a.get(i), b.get(i), relative > 0 ? tolerance * (1 + std::fabs(b.get(i))) : tolerance);
      }
    }
  }
}

void check_file(const std::string& name, size_t at_least, double relative) {
  const std::vector<FileCase> cases = read_cases(std::string(DOVETAIL_SOURCE_DIR "/tests/ops/") + name);
  ASSERT_GT(cases.size(), at_least);
  for (const FileCase& c : cases) {
    SCOPED_TRACE(concat(name, ":", c.line, ": ", c.op));
    std::vector<Tensor> got;
    EXPECT_NO_THROW(got = run(c.op, c.inputs));
    expect_outputs(c, got, relative);
  }
}

TEST(Reference, AgreesWithAnotherImplementation) {
  // The other side sums at most about a hundred f32 products of numbers of the order of 1.
  check_file("reference_cases.txt", 100, 1e-5);
}

TEST(Reference, EveryOperatorOnEveryType) { check_file("type_cases.txt", 1000, 0); }

}  // namespace
}  // namespace dvt::ops

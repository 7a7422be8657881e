// Every case of reference_cases.txt: types and values that another implementation of ONNX gives.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "helpers.h"

namespace dvt::ops {
namespace {

struct Case {
  std::string op;
  int line = 0;
  std::vector<Tensor> inputs, outputs;
};

Tensor parse_tensor(std::istringstream& in) {
  std::string type;
  in >> type;
  const TensorType parsed = parse_tensor_type(type);
  std::vector<double> values;
  for (double v; in >> v;) values.push_back(v);
  return {parsed.dtype, parsed.shape.constants(), values};
}

std::vector<Case> read_cases() {
  std::ifstream file(DOVETAIL_SOURCE_DIR "/tests/ops/reference_cases.txt");
  std::vector<Case> cases;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    std::istringstream in(line);
    std::string word;
    if (line[0] != ' ') {
      cases.push_back({line, number, {}, {}});
    } else if (in >> word; word == "in") {
      cases.back().inputs.push_back(parse_tensor(in));
    } else {
      cases.back().outputs.push_back(parse_tensor(in));
    }
  }
  return cases;
}

TEST(Reference, AgreesWithAnotherImplementation) {
  const std::vector<Case> cases = read_cases();
  ASSERT_GT(cases.size(), 100u);
  for (const Case& c : cases) {
    SCOPED_TRACE(concat("reference_cases.txt:", c.line, ": ", c.op));
    std::vector<Tensor> got;
    ASSERT_NO_THROW(got = run(c.op, c.inputs));
    ASSERT_EQ(got.size(), c.outputs.size());
    for (size_t k = 0; k < got.size(); ++k) {
      EXPECT_EQ(got[k].dtype, c.outputs[k].dtype);
      EXPECT_EQ(got[k].dims, c.outputs[k].dims);
      const auto a = got[k].values(), b = c.outputs[k].values();
      ASSERT_EQ(a.size(), b.size());
      // The other side sums at most about a hundred f32 products of numbers of the order of 1.
      for (size_t i = 0; i < a.size(); ++i)
        EXPECT_NEAR(a[i], b[i], is_floating(got[k].dtype) ? 1e-5 * (1 + std::fabs(b[i])) : 0)
            << "output " << k << " element " << i;
    }
  }
}

}  // namespace
}  // namespace dvt::ops

#pragma once
#include <fstream>
#include <string>
#include <vector>

#include "helpers.h"

namespace dvt::ops {

/// An operator with its inputs and the outputs that another implementation gives.
struct FileCase {
  std::string op;
  int line = 0;
  std::vector<Tensor> inputs, outputs;
};

/// "i64[2,2] 1 -2 3 4"; integers keep all 64 bits.
inline Tensor parse_case_tensor(std::istringstream& in) {
  std::string type;
  in >> type;
  const TensorType parsed = parse_tensor_type(type);
  Tensor t(parsed.dtype, parsed.shape.constants());
  int64_t i = 0;
  for (std::string word; in >> word; ++i) {
    if (is_floating(t.dtype))
      t.write().set(i, std::stod(word));
    else
      t.write().set_int(i, word[0] == '-' ? std::stoll(word) : static_cast<int64_t>(std::stoull(word)));
  }
  return t;
}

/// The cases of a file.
inline std::vector<FileCase> read_cases(const std::string& path) {
  std::ifstream file(path);
  std::vector<FileCase> cases;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    std::istringstream in(line);
    std::string word;
    if (line[0] != ' ') {
      cases.push_back({line, number, {}, {}});
    } else if (in >> word; word == "in") {
      cases.back().inputs.push_back(parse_case_tensor(in));
    } else {
      cases.back().outputs.push_back(parse_case_tensor(in));
    }
  }
  return cases;
}

}  // namespace dvt::ops

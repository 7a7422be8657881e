#pragma once
#include <string>
#include <vector>

#include "onnx/term.h"

namespace dvt::onnx {

/// A list of numbers or texts: keys of a mapping, or its values.
struct Labels {
  DataType type = DataType::kINT64;
  std::vector<int64_t> whole;      ///< Of integers.
  std::vector<double> real;        ///< Of floating types.
  std::vector<std::string> texts;  ///< Of text.
  size_t size() const {
    return type == DataType::kTEXT ? texts.size() : type == DataType::kINT64 ? whole.size() : real.size();
  }
};

/// The position of each element of x among the keys, or their number for what is none of them. The last of equal keys
/// counts.
Term position_among(Term x, const Labels& keys);
/// values[index], where the index behind the last one gives the fallback, a scalar of the result's type.
Term looked_up(Term index, const Labels& values, Term fallback);
/// Texts of a node's attribute as a list.
Term text_list(ImporterContext& c, const std::vector<std::string>& texts, const char* role);
Term text_scalar(ImporterContext& c, const std::string& text, const char* role);

}  // namespace dvt::onnx

#pragma once
#include <dovetail/parser.h>

#include <exception>
#include <string>
#include <vector>

#include "base/concat.h"
#include "base/source_location.h"

namespace dvt::onnx {

using ParserCode = DOVETAIL_PARSER_NAMESPACE::ErrorCode;

/// One thing that is wrong with a model, as IParser::getError gives it out.
struct ParseError final : DOVETAIL_PARSER_NAMESPACE::IParserError {
  ParserCode error_code = ParserCode::kINTERNAL_ERROR;
  std::string description;
  const char* source_file = "";  ///< Static text.
  const char* source_function = "";
  int source_line = 0;
  int node_index = -1;  ///< In the model's graph.
  std::string node_name, node_operator;
  std::vector<std::string> function_stack;  ///< The model's functions around the node, outermost first.

  ParserCode code() const override { return error_code; }
  const char* desc() const override { return description.c_str(); }
  const char* file() const override { return source_file; }
  int line() const override { return source_line; }
  const char* func() const override { return source_function; }
  int node() const override { return node_index; }
  const char* nodeName() const override { return node_name.c_str(); }
  const char* nodeOperator() const override { return node_operator.c_str(); }
  const char* const* localFunctionStack() const override {
    stack_pointers_.clear();
    for (const std::string& name : function_stack) stack_pointers_.push_back(name.c_str());
    return stack_pointers_.data();
  }
  int32_t localFunctionStackSize() const override { return static_cast<int32_t>(function_stack.size()); }

 private:
  mutable std::vector<const char*> stack_pointers_;
};

using ErrorList = std::vector<ParseError>;

/// What an importer throws; the node that was being imported is added where it is caught.
class ImportError : public std::exception {
 public:
  ImportError(ParserCode code, SourceLocation where, std::string text)
      : code_(code), where_(where), text_(std::move(text)) {}
  ParserCode code() const { return code_; }
  const SourceLocation& where() const { return where_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  ParserCode code_;
  SourceLocation where_;
  std::string text_;
};

/// Throws an ImportError that remembers where it was made.
class Refusal {
 public:
  Refusal(ParserCode code, SourceLocation where) : code_(code), where_(where) {}
  template <class... Parts>
  [[noreturn]] void operator()(const Parts&... parts) const {
    throw ImportError(code_, where_, concat(parts...));
  }

 private:
  ParserCode code_;
  SourceLocation where_;
};

/// `refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("axis ", axis, " is …");`
inline Refusal refuse(ParserCode code, SourceLocation where = SourceLocation::current()) {
  return Refusal(code, where);
}

}  // namespace dvt::onnx

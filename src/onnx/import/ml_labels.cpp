#include "onnx/import/ml_labels.h"

#include "onnx/constants.h"

namespace dvt::onnx {
namespace {

Term term_of(ImporterContext& c, const Labels& list, const char* role) {
  const auto count = static_cast<int64_t>(list.size());
  if (list.type == DataType::kTEXT) return text_list(c, list.texts, role);
  if (list.type == DataType::kINT64) return ints(c, {count}, list.whole, role);
  const auto bytes = std::as_bytes(std::span(list.real));
  const Term wide(
      c, c.constant_tensor(make_constant(concat(c.base_name(), "/", role), DataType::kFLOAT64, {count}, bytes)));
  return cast(wide, list.type);
}

Term position_of_text(Term x, const Labels& keys) {
  ImporterContext& c = x.context();
  if (x.type() != DataType::kTEXT)
    refuse(ParserCode::kINVALID_NODE)("the keys are strings, the input is ", type_name(x.type()));
  return {c, add_operator(c, "text_index", Fields().add("keys", keys.texts), {&x.tensor()}, "which")};
}

}  // namespace

Term text_list(ImporterContext& c, const std::vector<std::string>& texts, const char* role) {
  return {c, c.text_tensor(std::make_shared<Strings>(
                 Strings{concat(c.base_name(), "/", role), {static_cast<int64_t>(texts.size())}, texts}))};
}

Term text_scalar(ImporterContext& c, const std::string& text, const char* role) {
  return {c, c.text_tensor(std::make_shared<Strings>(Strings{concat(c.base_name(), "/", role), {}, {text}}))};
}

Term position_among(Term x, const Labels& keys) {
  if (keys.type == DataType::kTEXT) return position_of_text(x, keys);
  if (x.type() == DataType::kTEXT) refuse(ParserCode::kINVALID_NODE)("the input is strings, the keys are numbers");
  ImporterContext& c = x.context();
  const Term column = unsqueeze(keys.type == DataType::kINT64 ? cast(x, DataType::kINT64) : x, {x.rank()});
  const Term key = cast(term_of(c, keys, "keys"), column.type());
  Term matches = equal(column, key);
  if (is_floating(column.type()))  // a NaN matches a NaN
    matches = matches || (unary(column, UnaryOperation::kISNAN) && unary(key, UnaryOperation::kISNAN));
  const Term number = cast(matches, DataType::kINT32);
  const Fields last =
      Fields().add("kind", "max").add("axis", x.rank()).add("keep_dims", false).add("select_last", true);
  const Term which(c, add_operator(c, "arg_reduce", last, {&number.tensor()}, "which"));
  const Term found = largest(number, {x.rank()}, false) > 0;
  return select(found, which, which.number(static_cast<double>(keys.size())));
}

Term looked_up(Term index, const Labels& values, Term fallback) {
  ImporterContext& c = index.context();
  Term list = term_of(c, values, "values");
  if (values.type != DataType::kTEXT) list = cast(list, fallback.type());
  return gather(join({list, unsqueeze(fallback, {0})}, 0), index, 0);
}

}  // namespace dvt::onnx

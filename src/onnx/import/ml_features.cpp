// ai.onnx.ml: what is done to features before and after the models proper.
#include <algorithm>
#include <cmath>
#include <map>

#include "onnx/constants.h"
#include "onnx/import/importers.h"
#include "onnx/import/ml_labels.h"
#include "onnx/import/ml_post.h"

namespace dvt::onnx {
namespace {

/// A list of floats: one for all features, or one each.
Term feature_list(ImporterContext& c, const char* name, const std::vector<float>& values, DataType type) {
  return cast(floats(c, {static_cast<int64_t>(values.size())}, values, name), type);
}

}  // namespace

void import_scaler(ImporterContext& c) {
  Term x = cast(Term(c, 0), DataType::kFLOAT);
  const std::vector<float> offset = c.attribute_floats("offset"), scale = c.attribute_floats("scale");
  if (!offset.empty()) x = x - feature_list(c, "offset", offset, x.type());
  if (!scale.empty()) x = x * feature_list(c, "scale", scale, x.type());
  c.set_output(0, x);
}

/// Rows divided by their largest element (MAX), sum of absolute values (L1) or Euclidean length (L2).
void import_normalizer(ImporterContext& c) {
  const Term x = cast(Term(c, 0), DataType::kFLOAT);
  const std::string norm = c.attribute_string("norm", "MAX");
  if (norm != "MAX" && norm != "L1" && norm != "L2")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'norm' must be MAX, L1 or L2, got '", norm, "'");
  const std::vector<int64_t> last{-1};
  const Term length = norm == "MAX" ? largest(x, last) : norm == "L1" ? sum(abs(x), last) : sqrt(sum(x * x, last));
  c.set_output(0, x / select(equal(length, 0), length.number(1), length));
}

void import_binarizer(ImporterContext& c) {
  const Term x(c, 0);
  c.set_output(0, cast(x > static_cast<double>(c.attribute_float("threshold", 0)), x.type()));
}

void import_imputer(ImporterContext& c) {
  const Term x(c, 0);
  if (is_integer(x.type())) {
    const std::vector<int64_t> values = c.attribute_ints("imputed_value_int64s");
    if (values.empty()) refuse(ParserCode::kINVALID_NODE)("the attribute 'imputed_value_int64s' is missing");
    const Term replacement = cast(ints(c, {static_cast<int64_t>(values.size())}, values, "imputed"), x.type());
    const Term replaced = ints(c, {}, {c.attribute_int("replaced_value_int64", 0)}, "replaced");
    return c.set_output(0, select(equal(x, cast(replaced, x.type())), replacement, x));
  }
  const std::vector<float> values = c.attribute_floats("imputed_value_floats");
  if (values.empty()) refuse(ParserCode::kINVALID_NODE)("the attribute 'imputed_value_floats' is missing");
  const float replaced = c.attribute_float("replaced_value_float", 0);
  const Term is_missing = std::isnan(replaced) ? unary(x, UnaryOperation::kISNAN) : equal(x, replaced);
  c.set_output(0, select(is_missing, feature_list(c, "imputed", values, x.type()), x));
}

/// Columns of the last axis.
void import_array_feature_extractor(ImporterContext& c) {
  const Term x(c, 0), index(c, 1);
  const Extents flat{product(c, index.extents(), 0, index.rank())};
  const Term y = gather(x, reshape(index, flat), x.rank() - 1);
  c.set_output(0, y.rank() == 1 ? unsqueeze(y, {0}) : y);
}

/// Inputs side by side, each as a matrix with a row for every sample.
void import_feature_vectorizer(ImporterContext& c) {
  const std::vector<int64_t> widths = c.attribute_ints("inputdimensions");
  std::vector<Term> parts;
  for (int i = 0; i < c.num_inputs(); ++i) {
    Term x = cast(Term(c, i), DataType::kFLOAT);
    if (x.rank() == 1) x = unsqueeze(x, {0});
    const Extent width = product(c, x.extents(), 1, x.rank());
    x = reshape(x, Extents{x.extent(0), width});
    if (static_cast<size_t>(i) < widths.size()) {
      const int64_t wanted = widths[static_cast<size_t>(i)];
      const Extent more = larger(c, subtract(c, wanted, width), 0);
      if (more.value != 0) x = pad(x, 1, 0, more);
      if (width.value != wanted) x = slice(x, 1, 0, wanted);
    }
    parts.push_back(x);
  }
  if (parts.empty()) refuse(ParserCode::kINVALID_NODE)("FeatureVectorizer without inputs");
  c.set_output(0, join(parts, 1));
}

void import_one_hot_encoder(ImporterContext& c) {
  const Term x(c, 0);
  if (!c.attribute_bool("zeros", true))
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("zeros = 0 stops at an unknown category, which a network cannot do");
  if (x.type() == DataType::kTEXT) {
    const Term known = text_list(c, c.attribute_strings("cats_strings"), "categories");
    const Term column = unsqueeze(x, {x.rank()});
    return c.set_output(0, cast(equal(column, known), DataType::kFLOAT));
  }
  const std::vector<int64_t> categories = c.attribute_ints("cats_int64s");
  const Term known = ints(c, {static_cast<int64_t>(categories.size())}, categories, "categories");
  const Term whole = cast(x, DataType::kINT64);
  c.set_output(0, cast(equal(unsqueeze(whole, {x.rank()}), known), DataType::kFLOAT));
}

namespace {

/// A list of LabelEncoder: a tensor, or an attribute whose name ends in strings, floats or int64s.
Labels labels_of(ImporterContext& c, const std::string& stem) {
  Labels list;
  if (const StringsPtr strings = c.attribute_string_tensor(stem + "_tensor")) {
    list.type = DataType::kTEXT;
    list.texts = strings->values;
  } else if (const ConstantPtr tensor = c.attribute_tensor(stem + "_tensor")) {
    list.type = is_integer(tensor->type) ? DataType::kINT64 : tensor->type;
    if (is_integer(tensor->type))
      list.whole = tensor->ints();
    else
      list.real = tensor->numbers();
  } else if (c.has_attribute(stem + "_strings")) {
    list.type = DataType::kTEXT;
    list.texts = c.attribute_strings(stem + "_strings");
  } else if (c.has_attribute(stem + "_int64s")) {
    list.whole = c.attribute_ints(stem + "_int64s");
  } else {
    list.type = DataType::kFLOAT;
    for (const float v : c.attribute_floats(stem + "_floats")) list.real.push_back(v);
  }
  return list;
}

Term default_of(ImporterContext& c, const Labels& values) {
  if (values.type == DataType::kTEXT) {
    if (const StringsPtr strings = c.attribute_string_tensor("default_tensor"); strings && !strings->values.empty())
      return text_scalar(c, strings->values[0], "default");
    return text_scalar(c, c.attribute_string("default_string", "_Unused"), "default");
  }
  if (const ConstantPtr tensor = c.attribute_tensor("default_tensor"))
    return Term(c, c.constant_tensor(with_dims(*tensor, {})));
  if (values.type == DataType::kINT64) return ints(c, {}, {c.attribute_int("default_int64", -1)}, "default");
  return cast(floats(c, {}, {c.attribute_float("default_float", -0.0F)}, "default"), values.type);
}

}  // namespace

/// Each element of x replaced by the value that belongs to the key it equals.
void import_label_encoder(ImporterContext& c) {
  const Labels keys = labels_of(c, "keys"), values = labels_of(c, "values");
  if (keys.size() != values.size() || keys.size() == 0)
    refuse(ParserCode::kINVALID_NODE)(keys.size(), " keys and ", values.size(), " values");
  c.set_output(0, looked_up(position_among(Term(c, 0), keys), values, default_of(c, values)));
}

/// Strings to numbers, or numbers to strings: the type of the input says which.
void import_category_mapper(ImporterContext& c) {
  Labels texts, numbers;
  texts.type = DataType::kTEXT;
  texts.texts = c.attribute_strings("cats_strings");
  numbers.whole = c.attribute_ints("cats_int64s");
  if (texts.size() != numbers.size() || texts.size() == 0)
    refuse(ParserCode::kINVALID_NODE)(texts.size(), " strings and ", numbers.size(), " numbers");
  const Term x(c, 0);
  if (x.type() == DataType::kTEXT)
    c.set_output(0, looked_up(position_among(x, texts), numbers,
                              ints(c, {}, {c.attribute_int("default_int64", -1)}, "default")));
  else
    c.set_output(0, looked_up(position_among(x, numbers), texts,
                              text_scalar(c, c.attribute_string("default_string", "_Unused"), "default")));
}

namespace {

/// The numbers that n-grams are made of: those of the pool and of x. Words become their places in a vocabulary.
std::pair<Term, std::vector<int64_t>> numbered_words(ImporterContext& c) {
  const Term x(c, 0);
  if (x.type() != DataType::kTEXT) return {x, c.attribute_ints("pool_int64s")};
  Labels vocabulary;
  vocabulary.type = DataType::kTEXT;
  std::map<std::string, int64_t> places;
  std::vector<int64_t> pool;
  for (const std::string& word : c.attribute_strings("pool_strings")) {
    const auto [at, is_new] = places.emplace(word, static_cast<int64_t>(vocabulary.texts.size()));
    if (is_new) vocabulary.texts.push_back(word);
    pool.push_back(at->second);
  }
  return {position_among(x, vocabulary), pool};
}

}  // namespace

/// ai.onnx::TfIdfVectorizer: counts of n-grams of numbers or words.
void import_tf_idf_vectorizer(ImporterContext& c) {
  const std::string mode = c.attribute_string("mode", "TF");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'mode' must be TF, IDF or TFIDF, got '", mode, "'");
  const std::vector<int64_t> columns = c.attribute_ints("ngram_indexes");
  if (columns.empty()) refuse(ParserCode::kINVALID_NODE)("the attribute 'ngram_indexes' is missing");
  const auto list = [&](const char* name, const std::vector<int64_t>& values) {
    return ints(c, {static_cast<int64_t>(values.size())}, values, name);
  };
  const std::vector<float> given = c.attribute_floats("weights");
  const int64_t size = *std::max_element(columns.begin(), columns.end()) + 1;
  // A weight belongs to an n-gram, and is used for the column of the same number.
  const Term weights = floats(c, {static_cast<int64_t>(given.size())}, given, "weights");
  Fields fields;
  fields.add("mode", mode == "TF" ? "tf" : mode == "IDF" ? "idf" : "tfidf").add("size", size);
  fields.add("min_length", c.attribute_int("min_gram_length", 1))
      .add("max_length", c.attribute_int("max_gram_length", 1));
  fields.add("max_skip", c.attribute_int("max_skip_count", 0));
  const auto [x, words] = numbered_words(c);
  const Term pool = list("pool", words), starts = list("ngram_counts", c.attribute_ints("ngram_counts")),
             column = list("ngram_indexes", columns);
  c.set_output(0, add_operator(c, "ngram_count", fields,
                               {&x.tensor(), &pool.tensor(), &starts.tensor(), &column.tensor(), &weights.tensor()}));
}

}  // namespace dvt::onnx

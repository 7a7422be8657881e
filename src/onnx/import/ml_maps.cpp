// ai.onnx.ml: maps. A network has none: a map is its keys and its values, two tensors (Map of importer_context.h).
#include "onnx/import/importers.h"
#include "onnx/import/ml_labels.h"

namespace dvt::onnx {
namespace {

/// A map's tensors: lists of one length, in no order.
struct Entries {
  Term keys, values;
};

Entries entries_of(ImporterContext& c) {
  const Map& map = c.map(0);
  return {{c, c.tensor_of(map.keys)}, {c, c.tensor_of(map.values)}};
}

/// The value of each of the wanted keys[V] as [1, V], the fallback where the map lacks one. A key that is given twice
/// has its first value.
Term values_at(const Entries& map, Term wanted, Term fallback) {
  ImporterContext& c = wanted.context();
  const Term found = cast(equal(unsqueeze(wanted, {1}), map.keys), DataType::kINT32);
  // The fallback is one more entry that every key finds, so that there is a first one, also in an empty map.
  const Term finds = join({found, filled(c, {wanted.extent(0), 1}, 1, DataType::kINT32)}, 1);
  const Fields first = Fields().add("kind", "max").add("axis", 1).add("keep_dims", false).add("select_last", false);
  const Term which(c, add_operator(c, "arg_reduce", first, {&finds.tensor()}, "which"));
  return unsqueeze(gather(join({map.values, unsqueeze(fallback, {0})}, 0), which, 0), {0});
}

Term nothing_of(ImporterContext& c, DataType type) {
  if (type == DataType::kTEXT) return text_scalar(c, "", "nothing");
  return cast(ints(c, {}, {0}, "nothing"), type);
}

/// The values in the order of the keys, as [1, n].
Term values_in_order(ImporterContext& c, const Entries& map) {
  ITensor* const keys[] = {&map.keys.tensor()};
  ILayer& layer = add_operator(c, "unique", Fields().add("sorted", true), keys, "order");
  const Term first(c, *layer.getOutput(1));
  return unsqueeze(gather(map.values, first, 0), {0});
}

}  // namespace

/// Scores[N, C] or [C] as a sequence of N maps, or of one.
void import_zip_map(ImporterContext& c) {
  Term x(c, 0);
  if (x.type() != DataType::kFLOAT)
    refuse(ParserCode::kINVALID_NODE)("ZipMap's input must be FLOAT, got ", type_name(x.type()));
  if (x.rank() != 1 && x.rank() != 2)
    refuse(ParserCode::kINVALID_NODE)("ZipMap's input must have one or two dimensions, got ", x.rank());
  const std::vector<std::string> texts = c.attribute_strings("classlabels_strings");
  const std::vector<int64_t> numbers = c.attribute_ints("classlabels_int64s");
  if (texts.empty() == numbers.empty())
    refuse(ParserCode::kINVALID_NODE)("ZipMap needs one of 'classlabels_strings' and 'classlabels_int64s', got ",
                                      texts.empty() ? "neither" : "both");
  const auto count = static_cast<int64_t>(texts.empty() ? numbers.size() : texts.size());
  if (const auto columns = x.extent(-1).value; columns && *columns != count)
    refuse(ParserCode::kINVALID_NODE)("ZipMap has ", count, " labels for ", *columns, " columns");
  if (x.rank() == 1) x = unsqueeze(x, {0});
  auto map = std::make_shared<Map>();
  map->keys.tensor = &(texts.empty() ? ints(c, {count}, numbers, "labels") : text_list(c, texts, "labels")).tensor();
  map->values.tensor = &x.tensor();
  map->is_sequence = true;
  Value value;
  value.map = std::move(map);
  c.set_output(0, std::move(value));
}

void import_dict_vectorizer(ImporterContext& c) {
  const Entries map = entries_of(c);
  const std::vector<std::string> texts = c.attribute_strings("string_vocabulary");
  const std::vector<int64_t> numbers = c.attribute_ints("int64_vocabulary");
  if (texts.empty() == numbers.empty())
    refuse(ParserCode::kINVALID_NODE)("DictVectorizer needs one of 'string_vocabulary' and 'int64_vocabulary', got ",
                                      texts.empty() ? "neither" : "both");
  const DataType expected = texts.empty() ? DataType::kINT64 : DataType::kTEXT;
  if (map.keys.type() != expected)
    refuse(ParserCode::kINVALID_NODE)("the vocabulary is ", type_name(expected), ", the map's keys are ",
                                      type_name(map.keys.type()));
  const Term vocabulary = texts.empty() ? ints(c, {static_cast<int64_t>(numbers.size())}, numbers, "vocabulary")
                                        : text_list(c, texts, "vocabulary");
  c.set_output(0, values_at(map, vocabulary, nothing_of(c, map.values.type())));
}

/// The values as a row: DENSE in the order of their keys, SPARSE each at the position that its key is.
void import_cast_map(ImporterContext& c) {
  Entries map = entries_of(c);
  if (map.keys.type() != DataType::kINT64)
    refuse(ParserCode::kINVALID_NODE)("CastMap's keys must be INT64, got ", type_name(map.keys.type()));
  const std::string to = c.attribute_string("cast_to", "TO_FLOAT"), form = c.attribute_string("map_form", "DENSE");
  if (to != "TO_FLOAT" && to != "TO_STRING" && to != "TO_INT64")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'cast_to' must be TO_FLOAT, TO_STRING or TO_INT64, got '", to,
                                      "'");
  if (form != "DENSE" && form != "SPARSE")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'map_form' must be DENSE or SPARSE, got '", form, "'");
  const DataType type = to == "TO_FLOAT" ? DataType::kFLOAT : to == "TO_INT64" ? DataType::kINT64 : DataType::kTEXT;
  map.values = cast(map.values, type);
  if (form == "DENSE") return c.set_output(0, values_in_order(c, map));
  const int64_t size = c.attribute_int("max_map", 1);
  if (size < 1) refuse(ParserCode::kINVALID_NODE)("the attribute 'max_map' must be positive, got ", size);
  // ONNX Runtime fills rows of strings with this text.
  const Term fallback = type == DataType::kTEXT ? text_scalar(c, "0.f", "nothing") : nothing_of(c, type);
  c.set_output(0, values_at(map, iota(c, size), fallback));
}

}  // namespace dvt::onnx

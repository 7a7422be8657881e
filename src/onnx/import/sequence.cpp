// Sequences and optionals: lists of values that are known while the model is read, so that nothing of them is left in
// the network.
#include "onnx/constants.h"
#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

void set_sequence(ImporterContext& c, Sequence elements) {
  Value value;
  value.sequence = std::make_shared<const Sequence>(std::move(elements));
  c.set_output(0, std::move(value));
}

void set_boolean(ImporterContext& c, bool value) {
  const std::byte bytes[] = {value ? std::byte{1} : std::byte{0}};
  c.set_output(0, make_constant(c.base_name(), DataType::kBOOL, {}, bytes));
}

/// The position that input i names among `count` elements; negative ones count from the end.
size_t position(ImporterContext& c, int i, int64_t count) {
  const std::vector<int64_t> given = c.constant_ints(i, "position");
  if (given.size() != 1) refuse(ParserCode::kINVALID_NODE)("the position must be one number, got ", given.size());
  const int64_t at = given[0] < 0 ? given[0] + count : given[0];
  if (at < 0 || at >= count)
    refuse(ParserCode::kINVALID_NODE)("position ", given[0], " is outside ", count, " places of the sequence");
  return static_cast<size_t>(at);
}

/// A position that is computed, as a scalar that counts from the front. The length of the sequence is known all the
/// same, so that each element is one of those there were; a position outside means the nearest.
Term computed_position(ImporterContext& c, int i, int64_t count) {
  const Term at = reshape(cast(Term(c, i), DataType::kINT64), Extents{});
  return select(at < 0, at + static_cast<double>(count), at);
}

/// Element `at` of those from `first` to before `last`. By halves, as each choice lies inside the one before it and
/// plans limit how deep.
Value chosen_element(ImporterContext& c, const Sequence& elements, const Term& at, size_t first, size_t last) {
  if (last - first == 1) return elements[first];
  const size_t middle = first + (last - first) / 2;
  const Value front = chosen_element(c, elements, at, first, middle);
  const Value back = chosen_element(c, elements, at, middle, last);
  return c.chosen(at < static_cast<double>(middle), front, back);
}

Sequence inserted_where_computed(ImporterContext& c) {
  const Sequence& before = c.sequence(0);
  if (before.empty()) return {c.value(1)};
  const Term at = computed_position(c, 2, static_cast<int64_t>(before.size()));
  Sequence after;
  for (size_t i = 0; i <= before.size(); ++i) {
    const auto here = static_cast<double>(i);
    Value value = c.value(1);
    if (i > 0) value = c.chosen(at > here - 1, value, before[i - 1]);
    if (i < before.size()) value = c.chosen(at > here, before[i], value);
    after.push_back(std::move(value));
  }
  return after;
}

}  // namespace

void import_sequence_construct(ImporterContext& c) {
  Sequence elements;
  for (int i = 0; i < c.num_inputs(); ++i) elements.push_back(c.value(i));
  set_sequence(c, std::move(elements));
}

void import_sequence_empty(ImporterContext& c) { set_sequence(c, {}); }

void import_sequence_at(ImporterContext& c) {
  const Sequence& elements = c.sequence(0);
  const auto count = static_cast<int64_t>(elements.size());
  if (c.constant(1) || count == 0) return c.set_output(0, elements[position(c, 1, count)]);
  c.set_output(0, chosen_element(c, elements, computed_position(c, 1, count), 0, elements.size()));
}

void import_sequence_insert(ImporterContext& c) {
  Sequence elements = c.sequence(0);
  const auto count = static_cast<int64_t>(elements.size());
  if (c.has_input(2) && !c.constant(2)) return set_sequence(c, inserted_where_computed(c));
  size_t at = elements.size();
  if (c.has_input(2)) {  // between elements there is one place more than there are elements
    const std::vector<int64_t> given = c.constant_ints(2, "position");
    const int64_t from_front = given.size() != 1 ? -1 : given[0] < 0 ? given[0] + count : given[0];
    if (from_front < 0 || from_front > count)
      refuse(ParserCode::kINVALID_NODE)("the position must be in [", -count, ", ", count, "]");
    at = static_cast<size_t>(from_front);
  }
  elements.insert(elements.begin() + static_cast<std::ptrdiff_t>(at), c.value(1));
  set_sequence(c, std::move(elements));
}

void import_sequence_erase(ImporterContext& c) {
  Sequence elements = c.sequence(0);
  if (elements.empty()) refuse(ParserCode::kINVALID_NODE)("nothing can be erased from an empty sequence");
  const auto count = static_cast<int64_t>(elements.size());
  if (c.has_input(1) && !c.constant(1)) {
    const Term at = computed_position(c, 1, count);
    for (size_t i = 0; i + 1 < elements.size(); ++i)
      elements[i] = c.chosen(at > static_cast<double>(i), elements[i], elements[i + 1]);
    elements.pop_back();
    return set_sequence(c, std::move(elements));
  }
  const size_t at = c.has_input(1) ? position(c, 1, count) : elements.size() - 1;
  elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(at));
  set_sequence(c, std::move(elements));
}

void import_sequence_length(ImporterContext& c) {
  c.set_output(0, make_int64_constant(c.base_name(), {}, {static_cast<int64_t>(c.sequence(0).size())}));
}

void import_split_to_sequence(ImporterContext& c) {
  const Term x(c, 0);
  const int axis = normalized_axis(c.attribute_int("axis", 0), x.rank());
  const Extent extent = x.extent(axis);
  Extents lengths;
  const bool is_list = c.has_input(1) && c.dims(1).nbDims == 1;
  if (is_list) {
    lengths = extents_of_input(c, 1);
  } else {
    if (!extent.value)
      refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)("how many parts dimension ", axis,
                                                    " has is not known while the model is read; give the lengths as a "
                                                    "list or the input a fixed shape");
    if (c.has_input(1) && !c.constant(1))
      refuse(ParserCode::kUNSUPPORTED_NODE_DYNAMIC)(
          "input 1 (split) is computed, so that the number of parts is not "
          "known while the model is read; give it as a constant or a list");
    const std::vector<int64_t> part = c.has_input(1) ? c.constant_ints(1, "split") : std::vector<int64_t>{1};
    if (part.size() != 1 || part[0] < 1) refuse(ParserCode::kINVALID_NODE)("the length of a part must be positive");
    for (int64_t rest = *extent.value; rest > 0; rest -= part[0]) lengths.emplace_back(std::min(rest, part[0]));
  }
  const bool keep = c.has_input(1) || c.attribute_bool("keepdims", true);
  Sequence elements;
  Extent start = 0;
  for (const Extent& length : lengths) {
    Term part = slice(x, axis, start, length);
    if (!keep) part = squeeze(part, {axis});
    elements.push_back(Value{&part.tensor()});
    start = add(c, start, length);
  }
  if (extent.value && start.value && *start.value != *extent.value)
    refuse(ParserCode::kINVALID_NODE)("the parts add up to ", *start.value, "; dimension ", axis, " is ",
                                      *extent.value);
  set_sequence(c, std::move(elements));
}

void import_concat_from_sequence(ImporterContext& c) {
  const Sequence& elements = c.sequence(0);
  if (elements.empty()) refuse(ParserCode::kINVALID_NODE)("an empty sequence cannot be joined to a tensor");
  const bool new_axis = c.attribute_bool("new_axis", false);
  std::vector<Term> parts;
  for (const Value& element : elements) {
    const Term part(c, c.tensor_of(element));
    const int rank = part.rank() + (new_axis ? 1 : 0);
    const int64_t axis = normalized_axis(c.attribute_int("axis", 0), rank);
    parts.push_back(new_axis ? unsqueeze(part, {axis}) : part);
  }
  const int axis = normalized_axis(c.attribute_int("axis", 0), parts.front().rank());
  c.set_output(0, parts.size() == 1 ? first_output(c.added(c.network().addIdentity(parts.front())))
                                    : join(parts, axis).tensor());
}

/// The body once for every element of the first sequence; tensors among the inputs go to each of them.
void import_sequence_map(ImporterContext& c) {
  const Graph* body = c.attribute_graph("body");
  if (!body) refuse(ParserCode::kINVALID_NODE)("the attribute 'body' is missing");
  const size_t count = c.sequence(0).size();
  std::vector<Sequence> results(static_cast<size_t>(c.num_outputs()));
  for (size_t k = 0; k < count; ++k) {
    std::vector<Value> inputs;
    for (int i = 0; i < c.num_inputs(); ++i) {
      const Value& value = c.value(i);
      if (value.sequence && value.sequence->size() != count)
        refuse(ParserCode::kINVALID_NODE)("input ", i, " has ", value.sequence->size(), " elements, the first ", count);
      inputs.push_back(value.sequence ? (*value.sequence)[k] : value);
    }
    const std::vector<Value> outputs = c.import_body(*body, std::move(inputs), std::to_string(k));
    if (outputs.size() < results.size())
      refuse(ParserCode::kINVALID_NODE)("the body gives ", outputs.size(), " values for ", results.size(), " outputs");
    for (size_t i = 0; i < results.size(); ++i) results[i].push_back(outputs[i]);
  }
  for (size_t i = 0; i < results.size(); ++i) {
    Value value;
    value.sequence = std::make_shared<const Sequence>(std::move(results[i]));
    c.set_output(static_cast<int>(i), std::move(value));
  }
}

void import_optional(ImporterContext& c) {
  Value nothing;
  nothing.is_none = true;
  c.set_output(0, c.has_input(0) ? c.value(0) : nothing);
}

void import_optional_has_element(ImporterContext& c) { set_boolean(c, c.has_input(0) && !c.value(0).is_none); }

void import_optional_get_element(ImporterContext& c) {
  if (!c.has_input(0) || c.value(0).is_none)
    refuse(ParserCode::kINVALID_NODE)("the optional holds nothing; ask OptionalHasElement first");
  c.set_output(0, c.value(0));
}

}  // namespace dvt::onnx

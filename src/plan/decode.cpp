#include "plan/decode.h"

#include <cstring>

#include "base/error.h"
#include "plan_generated.h"

namespace dvt::plan {
namespace {

constexpr auto kBad = ErrorCode::kInvalidPlan;

/// Copies out of the structure and counts what was copied: written once each, the parts cannot exceed the whole.
class Decoder {
 public:
  explicit Decoder(size_t bytes) : left_(bytes) {}

  std::string text(const flatbuffers::String* s) {
    spend(s->size());
    return s->str();
  }
  template <class T>
  std::vector<T> numbers(const flatbuffers::Vector<T>* v) {
    spend(uint64_t{v->size()} * sizeof(T));
    std::vector<T> out(v->size());  // copied bytewise: the verifier does not check that elements are aligned
    if (!out.empty()) std::memcpy(out.data(), v->Data(), out.size() * sizeof(T));
    return out;
  }
  std::vector<std::string> texts(const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* v) {
    spend(uint64_t{v->size()} * sizeof(uint32_t));
    std::vector<std::string> out;
    out.reserve(v->size());
    for (const flatbuffers::String* s : *v) out.push_back(text(s));
    return out;
  }
  template <class T, class F>
  auto tables(const flatbuffers::Vector<flatbuffers::Offset<T>>* v, F&& decode_one) {
    spend(uint64_t{v->size()} * sizeof(uint32_t));
    std::vector<decltype(decode_one(*v->Get(0)))> out;
    out.reserve(v->size());
    for (const T* t : *v) {
      spend(sizeof(uint32_t));
      out.push_back(decode_one(*t));
    }
    return out;
  }
  void spend(uint64_t bytes) {
    if (bytes > left_) throw Error(kBad, "plan: parts of the structure overlap");
    left_ -= bytes;
  }

 private:
  uint64_t left_;
};

Value decode(Decoder& d, const fbs::Value& v) {
  Value out;
  out.name = d.text(v.name());
  const std::optional<DType> dtype = dtype_from_number(v.dtype());
  if (!dtype)
    throw Error(kBad, "plan: value '", out.name, "' has data type number ", int{v.dtype()}, ", which does not exist");
  if (v.storage() > static_cast<uint8_t>(Storage::kAlias))
    throw Error(kBad, "plan: value '", out.name, "' has storage number ", int{v.storage()}, ", which does not exist");
  out.dtype = *dtype;
  out.storage = static_cast<Storage>(v.storage());
  out.layout = v.layout();
  out.dims = d.texts(v.dims());
  out.elements = d.texts(v.elements());
  out.source = v.source();
  out.offset = d.text(v.offset());
  out.slice_axis = v.slice_axis();
  out.pitch = d.text(v.pitch());
  out.shape_io = v.shape_io();
  return out;
}

LateSize decode(Decoder& d, const fbs::LateSize& s) { return {d.text(s.symbol()), d.text(s.max())}; }
LoopForm decode(Decoder& d, const fbs::LoopForm& f) {
  LoopForm out;
  out.has_limit = f.has_limit();
  out.has_condition = f.has_condition();
  out.while_form = f.while_form();
  out.carried = f.carried();
  out.scan_axes = d.numbers(f.scan_axes());
  out.scan_reverse = d.numbers(f.scan_reverse());
  out.stack_axes = d.numbers(f.stack_axes());
  out.stack_reverse = d.numbers(f.stack_reverse());
  out.stack_lengths = d.numbers(f.stack_lengths());
  return out;
}

Document decode(Decoder& d, const fbs::Region& r);

Step decode(Decoder& d, const fbs::Step& s) {
  Step out;
  out.name = d.text(s.name());
  out.problem = d.text(s.problem());
  out.tactic = d.text(s.tactic());
  out.tactic_version = s.tactic_version();
  out.inputs = d.numbers(s.inputs());
  out.outputs = d.numbers(s.outputs());
  out.packed = d.numbers(s.packed());
  out.origin = d.texts(s.origin());
  out.flops = s.flops();
  out.bytes = s.bytes();
  out.tuned_ms = s.tuned_ms();
  out.note = d.text(s.note());
  if (s.late()) out.late = d.tables(s.late(), [&](const fbs::LateSize& l) { return decode(d, l); });
  if (s.control() > static_cast<uint8_t>(Control::kLoop))
    throw Error(kBad, "plan: step '", out.name, "' has control number ", int{s.control()}, ", which does not exist");
  out.control = static_cast<Control>(s.control());
  if (s.loop()) out.loop = decode(d, *s.loop());
  if (s.regions()) out.regions = d.tables(s.regions(), [&](const fbs::Region& r) { return decode(d, r); });
  return out;
}

/// The verifier has limited how deep regions lie in each other.
Document decode(Decoder& d, const fbs::Region& r) {
  Document out;
  out.values = d.tables(r.values(), [&](const fbs::Value& v) { return decode(d, v); });
  out.inputs = d.numbers(r.inputs());
  out.outputs = d.numbers(r.outputs());
  out.steps = d.tables(r.steps(), [&](const fbs::Step& s) { return decode(d, s); });
  return out;
}

ProfileEntry decode(Decoder& d, const fbs::ProfileEntry& e) {
  ProfileEntry out;
  out.tensor = d.text(e.tensor());
  out.min = d.numbers(e.min());
  out.opt = d.numbers(e.opt());
  out.max = d.numbers(e.max());
  out.is_values = e.is_values();
  return out;
}

}  // namespace

Structure decode_structure(std::span<const std::byte> bytes) {
  const auto* begin = reinterpret_cast<const uint8_t*>(bytes.data());
  constexpr flatbuffers::uoffset_t kMaxDepth = 16 + 2 * kMaxRegionDepth, kMaxTables = 16u << 20;
  if (bytes.size() < sizeof(uint32_t) || bytes.size() > FLATBUFFERS_MAX_BUFFER_SIZE)
    throw Error(kBad, "plan: the structure has ", bytes.size(), " bytes");
  flatbuffers::Verifier verifier(begin, bytes.size(), kMaxDepth, kMaxTables);
  if (!fbs::VerifyPlanBuffer(verifier)) throw Error(kBad, "plan: the structure is damaged: it points outside itself");

  const fbs::Plan& p = *fbs::GetPlan(begin);
  Decoder d(bytes.size());
  Structure out;
  Document& doc = out.document;
  doc.network_name = d.text(p.network_name());
  doc.builder_version = d.text(p.builder_version());
  doc.target_isa = d.text(p.target_isa());
  doc.target_name = d.text(p.target_name());
  doc.threads = p.threads();
  doc.values = d.tables(p.values(), [&](const fbs::Value& v) { return decode(d, v); });
  doc.inputs = d.numbers(p.inputs());
  doc.outputs = d.numbers(p.outputs());
  doc.steps = d.tables(p.steps(), [&](const fbs::Step& s) { return decode(d, s); });
  doc.profiles = d.tables(p.profiles(), [&](const fbs::Profile& profile) {
    return Profile{d.tables(profile.entries(), [&](const fbs::ProfileEntry& e) { return decode(d, e); })};
  });
  doc.graph_text = d.text(p.graph_text());
  doc.flags = p.flags();
  if (p.annotations() != nullptr) doc.annotations = d.texts(p.annotations());
  d.spend(uint64_t{p.sections()->size()} * sizeof(fbs::SectionEntry));
  static_assert(sizeof(SectionRange) == sizeof(fbs::SectionEntry));
  out.sections.resize(p.sections()->size());
  if (!out.sections.empty())
    std::memcpy(out.sections.data(), p.sections()->Data(), out.sections.size() * sizeof(SectionRange));
  return out;
}

}  // namespace dvt::plan

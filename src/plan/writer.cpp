#include "plan/writer.h"

#include <cstdio>
#include <cstring>
#include <functional>
#include <unordered_map>

#include "base/file.h"
#include "base/hash.h"
#include "base/large_memory.h"
#include "plan/format.h"
#include "plan_generated.h"

namespace dvt::plan {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using Sink = std::function<void(std::span<const std::byte>)>;

/// Sections with their places: equal bytes get one place.
struct Layout {
  std::vector<fbs::SectionEntry> entries;  ///< Per section.
  std::vector<size_t> stored;              ///< Sections that are written, in order.
  uint64_t data_bytes = 0;
};

Layout lay_out(const std::vector<Section>& sections) {
  Layout layout;
  std::unordered_multimap<uint64_t, size_t> by_hash;
  for (size_t i = 0; i < sections.size(); ++i) {
    const std::span<const std::byte> bytes = sections[i].bytes;
    const uint64_t hash = hash64(bytes);
    const fbs::SectionEntry* twin = nullptr;
    for (auto [it, end] = by_hash.equal_range(hash); it != end && !twin; ++it) {
      const std::span<const std::byte> other = sections[it->second].bytes;
      if (other.size() == bytes.size() && (bytes.empty() || !std::memcmp(other.data(), bytes.data(), bytes.size())))
        twin = &layout.entries[it->second];
    }
    if (twin) {
      const fbs::SectionEntry same = *twin;
      layout.entries.push_back(same);
      continue;
    }
    // An empty section has no place of its own: the plan must not end in the padding before it.
    const uint64_t offset = bytes.empty() ? layout.data_bytes : align_up(layout.data_bytes);
    layout.entries.emplace_back(offset, bytes.size(), hash);
    layout.data_bytes = offset + bytes.size();
    if (!bytes.empty()) layout.stored.push_back(i);
    by_hash.emplace(hash, i);
  }
  return layout;
}

/// Strings of a document one by one: the reader counts every byte once, so none are shared.
Offset<flatbuffers::Vector<Offset<flatbuffers::String>>> strings(FlatBufferBuilder& b,
                                                                 const std::vector<std::string>& texts) {
  std::vector<Offset<flatbuffers::String>> offsets;
  for (const std::string& text : texts) offsets.push_back(b.CreateString(text));
  return b.CreateVector(offsets);
}

Offset<fbs::Value> encode(FlatBufferBuilder& b, const Value& v);
Offset<fbs::Step> encode(FlatBufferBuilder& b, const Step& s);
Offset<fbs::Profile> encode(FlatBufferBuilder& b, const Profile& p);
Offset<fbs::Region> encode(FlatBufferBuilder& b, const Document& region);

template <class T>
auto encode_all(FlatBufferBuilder& b, const std::vector<T>& items) {
  std::vector<decltype(encode(b, items[0]))> offsets;
  for (const T& item : items) offsets.push_back(encode(b, item));
  return b.CreateVector(offsets);
}

Offset<fbs::Value> encode(FlatBufferBuilder& b, const Value& v) {
  const auto name = b.CreateString(v.name);
  const auto dims = strings(b, v.dims), elements = strings(b, v.elements);
  const auto offset = b.CreateString(v.offset), pitch = b.CreateString(v.pitch);
  return fbs::CreateValue(b, name, static_cast<uint8_t>(v.dtype), v.layout, static_cast<uint8_t>(v.storage), dims,
                          elements, v.source, offset, v.shape_io, v.slice_axis, pitch);
}

Offset<flatbuffers::Vector<Offset<fbs::LateSize>>> encode_late(FlatBufferBuilder& b,
                                                               const std::vector<LateSize>& late) {
  std::vector<Offset<fbs::LateSize>> offsets;
  for (const LateSize& l : late) {
    const auto symbol = b.CreateString(l.symbol), max = b.CreateString(l.max);
    offsets.push_back(fbs::CreateLateSize(b, symbol, max));
  }
  return b.CreateVector(offsets);
}

Offset<fbs::LoopForm> encode(FlatBufferBuilder& b, const LoopForm& f) {
  const auto scan_axes = b.CreateVector(f.scan_axes), scan_reverse = b.CreateVector(f.scan_reverse);
  const auto stack_axes = b.CreateVector(f.stack_axes), stack_reverse = b.CreateVector(f.stack_reverse);
  const auto stack_lengths = b.CreateVector(f.stack_lengths);
  return fbs::CreateLoopForm(b, f.has_limit, f.has_condition, f.while_form, f.carried, scan_axes, scan_reverse,
                             stack_axes, stack_reverse, stack_lengths);
}

Offset<fbs::Step> encode(FlatBufferBuilder& b, const Step& s) {
  std::vector<uint8_t> packed = s.packed;
  packed.resize(s.inputs.size());  // absent means that none is packed
  const auto name = b.CreateString(s.name), problem = b.CreateString(s.problem), tactic = b.CreateString(s.tactic);
  const auto inputs = b.CreateVector(s.inputs), outputs = b.CreateVector(s.outputs);
  const auto packed_offset = b.CreateVector(packed);
  const auto origin = strings(b, s.origin);
  const auto note = b.CreateString(s.note);
  Offset<flatbuffers::Vector<Offset<fbs::LateSize>>> late;
  if (!s.late.empty()) late = encode_late(b, s.late);
  Offset<fbs::LoopForm> loop;
  if (s.control == Control::kLoop) loop = encode(b, s.loop);
  Offset<flatbuffers::Vector<Offset<fbs::Region>>> regions;
  if (!s.regions.empty()) regions = encode_all(b, s.regions);
  return fbs::CreateStep(b, name, problem, tactic, s.tactic_version, inputs, outputs, packed_offset, origin, s.flops,
                         s.bytes, s.tuned_ms, note, late, static_cast<uint8_t>(s.control), loop, regions);
}

Offset<fbs::Profile> encode(FlatBufferBuilder& b, const Profile& p) {
  std::vector<Offset<fbs::ProfileEntry>> entries;
  for (const ProfileEntry& e : p.entries) {
    const auto tensor = b.CreateString(e.tensor);
    const auto min = b.CreateVector(e.min), opt = b.CreateVector(e.opt), max = b.CreateVector(e.max);
    entries.push_back(fbs::CreateProfileEntry(b, tensor, min, opt, max, e.is_values));
  }
  return fbs::CreateProfile(b, b.CreateVector(entries));
}

Offset<fbs::Region> encode(FlatBufferBuilder& b, const Document& region) {
  const auto values = encode_all(b, region.values);
  const auto inputs = b.CreateVector(region.inputs), outputs = b.CreateVector(region.outputs);
  return fbs::CreateRegion(b, values, inputs, outputs, encode_all(b, region.steps));
}

FlatBufferBuilder encode_structure(const Document& d, const Layout& layout) {
  FlatBufferBuilder b(1 << 16);
  const auto name = b.CreateString(d.network_name), version = b.CreateString(d.builder_version);
  const auto isa = b.CreateString(d.target_isa), target = b.CreateString(d.target_name);
  const auto values = encode_all(b, d.values);
  const auto inputs = b.CreateVector(d.inputs), outputs = b.CreateVector(d.outputs);
  const auto steps = encode_all(b, d.steps);
  const auto profiles = encode_all(b, d.profiles);
  const auto sections = b.CreateVectorOfStructs(layout.entries);
  const auto graph = b.CreateString(d.graph_text);
  // Absent rather than empty: plans without annotations have the bytes that they always had.
  const auto annotations = d.annotations.empty() ? 0 : strings(b, d.annotations);
  b.Finish(fbs::CreatePlan(b, name, version, isa, target, d.threads, values, inputs, outputs, steps, profiles, sections,
                           graph, d.flags, annotations));
  return b;
}

/// "0.1.0" as the four bytes that tools read from the header.
std::array<uint8_t, 4> version_bytes(const std::string& text) {
  unsigned v[4] = {};
  std::sscanf(text.c_str(), "%u.%u.%u.%u", &v[0], &v[1], &v[2], &v[3]);
  return {static_cast<uint8_t>(v[0]), static_cast<uint8_t>(v[1]), static_cast<uint8_t>(v[2]),
          static_cast<uint8_t>(v[3])};
}

/// Hands the bytes of the plan to `sink` in order; `reserve` hears the total size first.
void emit(const Document& document, const std::function<void(uint64_t)>& reserve, const Sink& sink) {
  const Layout layout = lay_out(document.sections);
  const FlatBufferBuilder builder = encode_structure(document, layout);
  const auto structure = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  const uint64_t data_begin = align_up(kHeaderBytes + structure.size());

  RawHeader h;
  h.total_bytes = data_begin + layout.data_bytes;
  h.version = version_bytes(document.builder_version);
  h.structure_bytes = structure.size();
  h.structure_hash = hash64(structure);
  h.header_hash = hash_header(h);

  static constexpr std::byte kZeros[kAlignment] = {};
  uint64_t at = 0;
  const auto put = [&](std::span<const std::byte> bytes) {
    sink(bytes);
    at += bytes.size();
  };
  const auto pad_to = [&](uint64_t offset) { put(std::span(kZeros).first(offset - at)); };
  reserve(h.total_bytes);
  put(std::as_bytes(std::span(&h, 1)));
  put(structure);
  pad_to(data_begin);
  for (size_t i : layout.stored) {
    pad_to(data_begin + layout.entries[i].offset());
    put(document.sections[i].bytes);
  }
}

}  // namespace

std::vector<std::byte> write_plan(const Document& document) {
  std::vector<std::byte> out;
  emit(
      document,
      [&](uint64_t total) {
        out.reserve(total);
        prefer_huge_pages(out.data(), total);
      },
      [&](std::span<const std::byte> bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); });
  return out;
}

void write_plan(const Document& document, const Sink& sink) {
  emit(
      document, [](uint64_t) {}, sink);
}

void write_plan_file(const Document& document, const std::string& path) {
  AtomicFile file(path);
  write_plan(document, [&](std::span<const std::byte> bytes) { file.write(bytes); });
  file.commit();
}

}  // namespace dvt::plan

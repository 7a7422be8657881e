#include "plan/writer.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <unordered_map>

#include "base/file.h"
#include "base/hash.h"
#include "base/large_memory.h"
#include "base/thread_pool.h"
#include "plan/format.h"
#include "plan_generated.h"

namespace dvt::plan {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using Sink = std::function<void(std::span<const std::byte>)>;

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

FlatBufferBuilder encode_structure(const Document& d, const std::vector<fbs::SectionEntry>& entries) {
  FlatBufferBuilder b(1 << 16);
  const auto name = b.CreateString(d.network_name), version = b.CreateString(d.builder_version);
  const auto isa = b.CreateString(d.target_isa), target = b.CreateString(d.target_name);
  const auto values = encode_all(b, d.values);
  const auto inputs = b.CreateVector(d.inputs), outputs = b.CreateVector(d.outputs);
  const auto steps = encode_all(b, d.steps);
  const auto profiles = encode_all(b, d.profiles);
  const auto sections = b.CreateVectorOfStructs(entries);
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

/// Where a plan's bytes go; offsets are from its begin. What is written nowhere is zero.
class Store {
 public:
  virtual ~Store() = default;
  /// Memory in which to make a section that will, perhaps, stand there; valid until the next call.
  virtual std::span<std::byte> room(uint64_t offset, size_t bytes) = 0;
  virtual void put(uint64_t offset, std::span<const std::byte> bytes) = 0;
  /// Whether these bytes stand there.
  virtual bool has(uint64_t offset, std::span<const std::byte> bytes) = 0;
};

class MemoryStore final : public Store {
 public:
  MemoryStore(std::byte* data, ThreadPool& pool) : data_(data), pool_(pool) {}
  std::span<std::byte> room(uint64_t offset, size_t bytes) override { return {data_ + offset, bytes}; }
  void put(uint64_t offset, std::span<const std::byte> bytes) override {
    constexpr size_t kPiece = size_t{1} << 20;
    if (bytes.data() == data_ + offset) return;
    pool_.parallel_for(static_cast<int64_t>((bytes.size() + kPiece - 1) / kPiece), [&](int64_t i, int) {
      const size_t begin = static_cast<size_t>(i) * kPiece;
      std::memcpy(data_ + offset + begin, bytes.data() + begin, std::min(kPiece, bytes.size() - begin));
    });
  }
  bool has(uint64_t offset, std::span<const std::byte> bytes) override {
    return std::memcmp(data_ + offset, bytes.data(), bytes.size()) == 0;
  }

 private:
  std::byte* data_;
  ThreadPool& pool_;
};

class FileStore final : public Store {
 public:
  FileStore(AtomicFile& file, size_t largest) : file_(file), room_(allocate_large(largest, &data_)) {}
  std::span<std::byte> room(uint64_t, size_t bytes) override { return {data_, bytes}; }
  void put(uint64_t offset, std::span<const std::byte> bytes) override { file_.write_at(offset, bytes); }
  bool has(uint64_t offset, std::span<const std::byte> bytes) override { return file_.has_at(offset, bytes); }

 private:
  AtomicFile& file_;
  std::byte* data_ = nullptr;
  Blob room_;
};

/// A document on its way into a store.
class Writer {
 public:
  explicit Writer(const Document& document) : document_(document), pool_(shared_pool(threads_of(document))) {
    entries_.resize(document.sections.size());
    structure_bytes_ = encode_structure(document, entries_).GetSize();  // as many when the entries are known
    data_begin_ = align_up(kHeaderBytes + structure_bytes_);
  }

  ThreadPool& pool() { return *pool_; }
  /// No plan of the document is larger.
  uint64_t most_bytes() const {
    uint64_t bytes = data_begin_;
    for (const Section& s : document_.sections) bytes = align_up(bytes) + size_of(s);
    return bytes;
  }
  size_t largest_made() const {
    size_t most = 0;
    for (const Section& s : document_.sections) most = std::max(most, s.made_bytes);
    return most;
  }

  /// Returns the plan's size.
  uint64_t write(Store& store) {
    for (size_t i = 0; i < entries_.size(); ++i) place(i, store);
    const FlatBufferBuilder builder = encode_structure(document_, entries_);
    const auto structure = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
    RawHeader h;
    h.total_bytes = data_begin_ + data_bytes_;
    h.version = version_bytes(document_.builder_version);
    h.structure_bytes = structure_bytes_;
    h.structure_hash = hash64(structure);
    h.header_hash = hash_header(h);
    store.put(0, std::as_bytes(std::span(&h, 1)));
    store.put(kHeaderBytes, structure);
    put_zeros(store, kHeaderBytes + structure_bytes_, data_begin_);
    return h.total_bytes;
  }

 private:
  static size_t size_of(const Section& s) { return s.make ? s.made_bytes : s.bytes.size(); }
  static int threads_of(const Document& d) {
    return static_cast<int>(std::clamp<uint32_t>(d.threads, 1, ThreadPool::kMaxThreads));
  }
  static void put_zeros(Store& store, uint64_t begin, uint64_t end) {
    static constexpr std::byte kZeros[kAlignment] = {};
    store.put(begin, std::span(kZeros).first(end - begin));
  }

  /// Equal bytes get one place.
  void place(size_t i, Store& store) {
    const Section& section = document_.sections[i];
    const size_t size = size_of(section);
    // An empty section has no place of its own: the plan must not end in the padding before it.
    const uint64_t offset = size == 0 ? data_bytes_ : align_up(data_bytes_);
    std::span<const std::byte> bytes = section.bytes;
    if (section.make && size > 0) {
      const std::span<std::byte> room = store.room(data_begin_ + offset, size);
      section.make(room, *pool_);
      bytes = room;
    }
    const uint64_t hash = hash64(bytes);
    for (auto [it, end] = by_hash_.equal_range(hash); it != end; ++it) {
      const fbs::SectionEntry& twin = entries_[it->second];
      if (twin.size() != size || (size > 0 && !store.has(data_begin_ + twin.offset(), bytes))) continue;
      entries_[i] = twin;
      return;
    }
    entries_[i] = fbs::SectionEntry(offset, size, hash);
    by_hash_.emplace(hash, i);
    if (size == 0) return;
    put_zeros(store, data_begin_ + data_bytes_, data_begin_ + offset);
    store.put(data_begin_ + offset, bytes);
    data_bytes_ = offset + size;
  }

  const Document& document_;
  std::shared_ptr<ThreadPool> pool_;
  std::vector<fbs::SectionEntry> entries_;
  std::unordered_multimap<uint64_t, size_t> by_hash_;
  uint64_t structure_bytes_ = 0, data_begin_ = 0, data_bytes_ = 0;
};

}  // namespace

Blob write_plan_memory(const Document& document) {
  Writer writer(document);
  std::byte* data = nullptr;
  const Blob memory = allocate_large(writer.most_bytes(), &data);
  MemoryStore store(data, writer.pool());
  const uint64_t size = writer.write(store);
  return Blob(memory.bytes().first(size), memory.owner());
}

std::vector<std::byte> write_plan(const Document& document) {
  const Blob plan = write_plan_memory(document);
  return {plan.bytes().begin(), plan.bytes().end()};
}

void write_plan(const Document& document, const Sink& sink) {
  constexpr size_t kPiece = size_t{16} << 20;
  const Blob plan = write_plan_memory(document);
  for (size_t at = 0; at < plan.size(); at += kPiece)
    sink(plan.bytes().subspan(at, std::min(kPiece, plan.size() - at)));
}

uint64_t write_plan_file(const Document& document, const std::string& path) {
  AtomicFile file(path);
  uint64_t size = 0;
  if (file.is_regular()) {
    Writer writer(document);
    FileStore store(file, writer.largest_made());
    size = writer.write(store);
  } else {
    write_plan(document, [&](std::span<const std::byte> bytes) {
      file.write(bytes);
      size += bytes.size();
    });
  }
  file.commit();
  return size;
}

}  // namespace dvt::plan

#include "plan/writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <unordered_map>

#include "base/error.h"
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
    const uint64_t hash = hash_bytes(bytes);
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
    const uint64_t offset = align_up(layout.data_bytes);
    layout.entries.emplace_back(offset, bytes.size(), hash);
    layout.data_bytes = offset + bytes.size();
    layout.stored.push_back(i);
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

Offset<fbs::Value> encode(FlatBufferBuilder& b, const Value& v) {
  const auto name = b.CreateString(v.name);
  const auto dims = strings(b, v.dims), elements = strings(b, v.elements);
  return fbs::CreateValue(b, name, static_cast<uint8_t>(v.dtype), v.layout, static_cast<uint8_t>(v.storage), dims,
                          elements, v.source, v.source_offset, v.shape_io);
}

Offset<fbs::Step> encode(FlatBufferBuilder& b, const Step& s) {
  std::vector<uint8_t> packed = s.packed;
  packed.resize(s.inputs.size());  // absent means that none is packed
  const auto name = b.CreateString(s.name), problem = b.CreateString(s.problem), tactic = b.CreateString(s.tactic);
  const auto inputs = b.CreateVector(s.inputs), outputs = b.CreateVector(s.outputs);
  const auto packed_offset = b.CreateVector(packed);
  const auto origin = strings(b, s.origin);
  const auto note = b.CreateString(s.note);
  return fbs::CreateStep(b, name, problem, tactic, s.tactic_version, inputs, outputs, packed_offset, origin, s.flops,
                         s.bytes, s.tuned_ms, note);
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

template <class T>
auto encode_all(FlatBufferBuilder& b, const std::vector<T>& items) {
  std::vector<decltype(encode(b, items[0]))> offsets;
  for (const T& item : items) offsets.push_back(encode(b, item));
  return b.CreateVector(offsets);
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
  b.Finish(fbs::CreatePlan(b, name, version, isa, target, d.threads, values, inputs, outputs, steps, profiles, sections,
                           graph, d.flags));
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
  h.structure_hash = hash_bytes(structure);
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

/// A file being written beside its final place; removed unless commit() was reached.
class PendingFile {
 public:
  explicit PendingFile(const std::string& path) : path_(path) {
    struct stat info {};
    // A device or pipe is written in place: renaming over it would replace it.
    in_place_ = ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
    temporary_ = in_place_ ? path : concat(path, ".part", ::getpid());
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CLOEXEC | (in_place_ ? 0 : O_CREAT | O_TRUNC), 0666);
    if (fd_ < 0) fail("cannot be opened for writing");
  }
  ~PendingFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!committed_ && !in_place_) ::unlink(temporary_.c_str());
  }
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_, bytes.data(), std::min<size_t>(bytes.size(), size_t{1} << 30));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("cannot be written");
      bytes = bytes.subspan(static_cast<size_t>(n));
    }
  }
  void commit() {
    if (::close(std::exchange(fd_, -1)) != 0) fail("cannot be written");
    if (!in_place_ && ::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot be replaced");
    committed_ = true;
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw Error(ErrorCode::kIo, "plan file '", path_, "' ", what, ": ", std::strerror(errno));
  }
  std::string path_, temporary_;
  int fd_ = -1;
  bool in_place_ = false, committed_ = false;
};

}  // namespace

std::vector<std::byte> write_plan(const Document& document) {
  std::vector<std::byte> out;
  emit(
      document, [&](uint64_t total) { out.reserve(total); },
      [&](std::span<const std::byte> bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); });
  return out;
}

void write_plan_file(const Document& document, const std::string& path) {
  PendingFile file(path);
  emit(
      document, [](uint64_t) {}, [&](std::span<const std::byte> bytes) { file.write(bytes); });
  file.commit();
}

}  // namespace dvt::plan

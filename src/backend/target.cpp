#include "backend/target.h"

#include <array>

#include "base/concat.h"
#include "base/error.h"

namespace dvt::backend {
namespace {

struct IsaName {
  Isa bit;
  std::string_view name;
};
// The fixed order of the text form.
constexpr std::array<IsaName, 9> kIsaNames{{{Isa::kSse42, "sse42"},
                                            {Isa::kAvx2, "avx2"},
                                            {Isa::kAvx512, "avx512"},
                                            {Isa::kAvx512Vnni, "vnni"},
                                            {Isa::kAvx512Bf16, "bf16"},
                                            {Isa::kAvx512Fp16, "fp16"},
                                            {Isa::kAvxVnni, "avxvnni"},
                                            {Isa::kAmxInt8, "amxint8"},
                                            {Isa::kAmxBf16, "amxbf16"}}};

std::string_view kind_name(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::cpu:
      return "cpu";
    case DeviceKind::cuda:
      return "cuda";
    case DeviceKind::null:
      return "null";
  }
  return "?";
}

std::string size_text(int64_t bytes) {
  if (bytes % (1 << 20) == 0) return concat(bytes >> 20, "M");
  if (bytes % (1 << 10) == 0) return concat(bytes >> 10, "K");
  return concat(bytes);
}

}  // namespace

std::string isa_string(const Target& t) {
  std::string out = concat(kind_name(t.kind), ":");
  bool first = true;
  for (const IsaName& isa : kIsaNames) {
    if (!t.has(isa.bit)) continue;
    if (!first) out += '+';
    out += isa.name;
    first = false;
  }
  return first ? out + "baseline" : out;
}

uint32_t parse_isa(std::string_view text) {
  if (const size_t colon = text.find(':'); colon != text.npos) {
    const std::string_view kind = text.substr(0, colon);
    if (kind != "cpu" && kind != "cuda" && kind != "null")
      throw Error(ErrorCode::kInvalidArgument, "isa: unknown device kind '", kind, "', expected cpu, cuda or null");
    text.remove_prefix(colon + 1);
  }
  uint32_t bits = 0;
  if (text == "baseline") return bits;
  while (true) {
    const size_t plus = text.find('+');
    const std::string_view word = text.substr(0, plus);
    bool known = false;
    for (const IsaName& isa : kIsaNames) {
      if (isa.name != word) continue;
      bits |= static_cast<uint32_t>(isa.bit);
      known = true;
    }
    if (!known) throw Error(ErrorCode::kInvalidArgument, "isa: unknown word '", word, "'");
    if (plus == text.npos) return bits;
    text.remove_prefix(plus + 1);
  }
}

std::string timing_key(const Target& t) {
  return concat(isa_string(t), " threads=", t.threads, " l1=", size_text(t.l1_bytes), " l2=", size_text(t.l2_bytes),
                " l3=", size_text(t.l3_bytes), t.can_jit ? "" : " nojit", " '", t.name, "'");
}

}  // namespace dvt::backend

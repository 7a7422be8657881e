#include "trtexec/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/concat.h"

namespace dovetail::trtexec {
namespace {

using dvt::concat;

enum class Takes { kNothing, kValue, kEither };
enum class Group { kModel, kBuild, kSystem, kInference, kReporting };

struct Flag {
  Group group;
  std::string_view name;
  Takes takes;
  bool used;
  std::string_view text;  ///< Help of a used flag; of an idle one, why it has no effect.
};

constexpr Flag kFlags[] = {
#define USED(group, name, takes, help) {Group::group, #name, Takes::takes, true, help},
#define IDLE(group, name, takes, why) {Group::group, #name, Takes::takes, false, why},
#include "trtexec/flags.inc"
#undef USED
#undef IDLE
};

size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

const Flag& find_flag(std::string_view name) {
  const auto it = std::find_if(std::begin(kFlags), std::end(kFlags), [&](const Flag& f) { return f.name == name; });
  if (it != std::end(kFlags)) return *it;
  const Flag* nearest = std::min_element(std::begin(kFlags), std::end(kFlags), [&](const Flag& a, const Flag& b) {
    return distance(a.name, name) < distance(b.name, name);
  });
  throw UsageError(concat("Unknown option: --", name,
                          distance(nearest->name, name) <= 3 ? concat("; did you mean --", nearest->name, "?") : ""));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '\'') quoted = !quoted;
    if (i < text.size() && (quoted || text[i] != separator)) continue;
    if (i > begin) parts.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return parts;
}

std::string unquoted(std::string_view text) {
  const bool quotes = text.size() >= 2 && text.front() == '\'' && text.back() == '\'';
  return std::string(quotes ? text.substr(1, text.size() - 2) : text);
}

/// "name:rest" at the last colon outside quotes.
std::pair<std::string, std::string> name_and_rest(std::string_view flag, std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    throw UsageError(concat("--", flag, ": '", text, "' is not NAME:VALUE"));
  return {unquoted(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

std::vector<int64_t> parse_dims(std::string_view flag, std::string_view text) {
  std::vector<int64_t> dims;
  for (std::string_view part : split(text, 'x')) {
    int64_t d = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), d);
    if (error != std::errc() || end != part.data() + part.size())
      throw UsageError(concat("--", flag, ": '", text, "' is not a list of sizes like 1x3x224x224"));
    dims.push_back(d);
  }
  return dims;
}

double parse_number(std::string_view flag, const std::string& text, double low) {
  char* end = nullptr;
  const double v = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(v) || v < low)
    throw UsageError(concat("--", flag, ": '", text, "' is not a number of at least ", low));
  return v;
}

std::vector<IoFormat> parse_formats(std::string_view flag, std::string_view text) {
  std::vector<IoFormat> formats;
  for (std::string_view part : split(text, ',')) {
    const size_t colon = part.find(':');
    IoFormat f;
    f.type = std::string(part.substr(0, colon));
    if (colon != std::string_view::npos)
      for (std::string_view format : split(part.substr(colon + 1), '+')) f.formats.emplace_back(format);
    if (f.type.empty()) throw UsageError(concat("--", flag, ": '", part, "' has no type; write fp32:chw"));
    formats.push_back(std::move(f));
  }
  return formats;
}

std::map<std::string, size_t> parse_pools(std::string_view text) {
  std::map<std::string, size_t> pools;
  for (std::string_view part : split(text, ',')) {
    auto [name, size] = name_and_rest("memPoolSize", part);
    double unit = 1 << 20;
    if (!size.empty() && size.find_first_of("BKMG") == size.size() - 1) {
      unit = std::ldexp(1, 10 * static_cast<int>(std::string_view("BKMG").find(size.back())));
      size.pop_back();
    }
    pools[name] = static_cast<size_t>(parse_number("memPoolSize", size, 0) * unit);
  }
  return pools;
}

std::vector<std::pair<std::string, std::string>> parse_pairs(std::string_view flag, std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::string_view part : split(text, ',')) {
    const size_t colon = part.find(':', part.front() == '\'' ? part.find('\'', 1) : 0);
    if (colon == std::string_view::npos) throw UsageError(concat("--", flag, ": '", part, "' is not NAME:VALUE"));
    pairs.emplace_back(unquoted(part.substr(0, colon)), std::string(part.substr(colon + 1)));
  }
  return pairs;
}

/// Shape flags belong to the profile named last, so they are read in the order given.
class ProfileReader {
 public:
  explicit ProfileReader(std::vector<ProfileShapes>& profiles) : profiles_(profiles) {}
  void read(std::string_view name, const std::string& value) {
    if (name == "profile") {
      current_ = static_cast<size_t>(parse_number(name, value, 0));
      if (current_ > 1000) throw UsageError(concat("--profile: ", value, " is more profiles than a plan may have"));
      if (profiles_.size() <= current_) profiles_.resize(current_ + 1);
    } else if (name == "minShapes") {
      profiles_[current_].min = parse_shapes(name, value);
    } else if (name == "optShapes") {
      profiles_[current_].opt = parse_shapes(name, value);
    } else if (name == "maxShapes") {
      profiles_[current_].max = parse_shapes(name, value);
    }
  }

 private:
  std::vector<ProfileShapes>& profiles_;
  size_t current_ = 0;
};

/// A profile that names only some of its three lists repeats one of them for the others.
void complete(ProfileShapes& p) {
  const auto first = [](const ShapeList& a, const ShapeList& b) { return a.empty() ? b : a; };
  const ShapeList any = first(p.opt, first(p.max, p.min));
  p.opt = any;
  p.min = first(p.min, any);
  p.max = first(p.max, any);
}

void understand(Options& o) {
  if (o.has("shapes")) o.shapes = parse_shapes("shapes", o.text("shapes"));
  for (ProfileShapes& p : o.profiles) complete(p);
  if (o.profiles.size() == 1 && o.profiles[0].opt.empty()) o.profiles[0] = {o.shapes, o.shapes, o.shapes};
  o.input_formats = parse_formats("inputIOFormats", o.text("inputIOFormats"));
  o.output_formats = parse_formats("outputIOFormats", o.text("outputIOFormats"));
  o.memory_pools = parse_pools(o.text("memPoolSize"));
  if (o.has("workspace"))
    o.memory_pools["workspace"] = static_cast<size_t>(parse_number("workspace", o.text("workspace"), 0) * (1 << 20));
  o.load_inputs = parse_pairs("loadInputs", o.text("loadInputs"));
  o.layer_precisions = parse_pairs("layerPrecisions", o.text("layerPrecisions"));
  o.layer_output_types = parse_pairs("layerOutputTypes", o.text("layerOutputTypes"));
  o.iterations = static_cast<int>(o.integer("iterations", o.iterations, 1, 1 << 30));
  o.average_runs = static_cast<int>(o.integer("avgRuns", o.average_runs, 1, 1 << 30));
  o.streams = static_cast<int>(o.integer("infStreams", o.integer("streams", o.streams, 1, 1024), 1, 1024));
  o.profile = static_cast<int>(o.integer("useProfile", 0, 0, 1000));
  o.batch = static_cast<int>(o.integer("batch", 0, 1, 1 << 30));
  if (o.has("warmUp")) o.warm_up_ms = parse_number("warmUp", o.text("warmUp"), 0);
  if (o.has("duration")) o.duration_s = parse_number("duration", o.text("duration"), -1);
  if (o.has("sleepTime")) o.sleep_ms = parse_number("sleepTime", o.text("sleepTime"), 0);
  if (o.has("idleTime")) o.idle_ms = parse_number("idleTime", o.text("idleTime"), 0);
  if (!o.has("percentile")) return;
  o.percentiles.clear();
  for (std::string_view p : split(o.text("percentile"), ',')) {
    o.percentiles.push_back(parse_number("percentile", std::string(p), 0));
    if (o.percentiles.back() > 100) throw UsageError(concat("--percentile: ", p, " is not in 0..100"));
  }
}

}  // namespace

std::string Options::text(std::string_view name, std::string otherwise) const {
  const auto it = given.find(name);
  return it == given.end() ? otherwise : it->second;
}

int64_t Options::integer(std::string_view name, int64_t otherwise, int64_t low, int64_t high) const {
  const auto it = given.find(name);
  if (it == given.end()) return otherwise;
  int64_t v = 0;
  const std::string& s = it->second;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (error != std::errc() || end != s.data() + s.size() || v < low || v > high)
    throw UsageError(concat("--", name, ": '", s, "' is not a whole number of ", low, "..", high));
  return v;
}

ShapeList parse_shapes(std::string_view flag, std::string_view text) {
  ShapeList list;
  for (std::string_view part : split(text, ',')) {
    auto [name, dims] = name_and_rest(flag, part);
    list.emplace_back(name, parse_dims(flag, dims == "scalar" ? "" : dims));
  }
  return list;
}

std::string dims_text(const std::vector<int64_t>& dims) {
  std::string text;
  for (size_t i = 0; i < dims.size(); ++i) text += (i ? "x" : "") + std::to_string(dims[i]);
  return text;
}

Options parse_options(const std::vector<std::string>& arguments) {
  Options o;
  ProfileReader profiles(o.profiles);
  for (const std::string& argument : arguments) {
    if (argument == "-h") {
      o.given["help"] = "";
      continue;
    }
    if (!argument.starts_with("--"))
      throw UsageError(concat("Unknown option: ", argument, "; options are written --name or --name=value"));
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
    const Flag& flag = find_flag(name);
    const bool has_value = equals != std::string::npos && equals + 1 < argument.size();
    if (flag.takes == Takes::kValue && !has_value)
      throw UsageError(concat("--", name, " needs a value: --", name, "=..."));
    if (flag.takes == Takes::kNothing && equals != std::string::npos)
      throw UsageError(concat("--", name, " takes no value, got '", argument.substr(equals + 1), "'"));
    const std::string value = has_value ? argument.substr(equals + 1) : "";
    o.given[name] = value;
    if (!flag.used) o.idle.emplace_back(name, flag.text);
    profiles.read(name, value);
  }
  understand(o);
  return o;
}

std::string help_text() {
  static constexpr std::array<std::string_view, 5> kTitles = {"Model", "Build", "System", "Inference", "Reporting"};
  std::string text = "Builds an engine from a model, or loads one, and measures it.\n";
  int group = -1;
  for (const Flag& f : kFlags) {
    if (static_cast<int>(f.group) != group) {
      group = static_cast<int>(f.group);
      text += concat("\n=== ", kTitles[static_cast<size_t>(group)], " Options ===\n");
    }
    const std::string name = concat("  --", f.name, f.takes == Takes::kValue ? "=" : "");
    text += name;
    text += name.size() < 32 ? std::string(32 - name.size(), ' ') : " ";
    text += f.used ? std::string(f.text) : concat("(accepted, no effect: ", f.text, ")");
    text += "\n";
  }
  return text;
}

}  // namespace dovetail::trtexec

#include "backend/cpu/conv/portable_window.h"

#include "base/concat.h"
#include "ops/nn/deconv.h"

namespace dvt::cpu {

using backend::Operand;
using backend::Problem;

namespace {

std::array<int64_t, 3> tap_position(const ConvShape& s, int64_t tap) {
  return {tap / (s.kernel[1] * s.kernel[2]), tap / s.kernel[2] % s.kernel[1], tap % s.kernel[2]};
}

// Taps that reach the results whose coordinates have the phase's remainders of the strides.
void find_taps(const ConvShape& s, WindowPhase& phase) {
  for (int64_t t = 0; t < s.taps(); ++t) {
    const auto at = tap_position(s, t);
    WindowTap tap{t, {}};
    bool meets = true;
    for (size_t a = 0; a < 3; ++a) {
      const int64_t distance = phase.out_begin[a] + s.pad[a] - at[a] * s.dilation[a];
      meets = meets && distance % s.stride[a] == 0;
      tap.shift[a] = distance / s.stride[a];
    }
    if (meets) phase.taps.push_back(tap);
  }
}

}  // namespace

std::string PortableWindow::refusal(const Problem& p) {
  const auto* conv = p.op.as<ops::Conv>();
  const auto* deconv = p.op.as<ops::Deconv>();
  if (!conv && !deconv) return concat("operator is ", p.op.name());
  const Operand& w = p.inputs[1];
  if (w.rank() > 5) return concat(to_string(w), " has more than 3 spatial dimensions");
  if (!w.constant || !w.is_static()) return "the filter is not a constant";
  if (w.layout != backend::Layout::plain) return "the filter's layout is not plain";
  if (!p.inputs[0].dims[1].is_constant()) return "the number of channels is not fixed";
  int64_t taps = 1, phases = 1;
  for (size_t i = 2; i < w.dims.size() && taps <= kMaxTaps; ++i) taps *= w.dims[i].max;
  if (taps > kMaxTaps) return concat("the window has more than ", kMaxTaps, " taps");
  if (!deconv) return {};
  for (int64_t s : deconv->strides)
    if (phases <= kMaxPhases) phases *= s;
  return phases > kMaxPhases ? concat("the strides make more than ", kMaxPhases, " phases") : std::string();
}

PortableWindow::PortableWindow(const Problem& p) : spatial_(p.inputs[0].rank() - 2) {
  if (p.op.as<ops::Deconv>()) {
    fixed_ = fixed_deconv_shape(p);
    add_phases();
    fixed_.pad = {0, 0, 0};  // the taps' shifts hold it
    return;
  }
  geometry_.emplace(p);
  fixed_ = geometry_->fixed();
  WindowPhase phase;
  phase.in_step = fixed_.stride;
  for (int64_t t = 0; t < fixed_.taps(); ++t) {
    const auto at = tap_position(fixed_, t);
    phase.taps.push_back({t, {at[0] * fixed_.dilation[0], at[1] * fixed_.dilation[1], at[2] * fixed_.dilation[2]}});
  }
  phases_.push_back(std::move(phase));
}

void PortableWindow::add_phases() {
  int64_t first_tap = 0;
  const auto& s = fixed_.stride;
  for (int64_t i = 0; i < s[0] * s[1] * s[2]; ++i) {
    WindowPhase phase;
    phase.first_tap = first_tap;
    phase.out_step = s;
    phase.out_begin = {i / (s[1] * s[2]), i / s[2] % s[1], i % s[2]};
    find_taps(fixed_, phase);
    first_tap += static_cast<int64_t>(phase.taps.size());
    phases_.push_back(std::move(phase));
  }
}

ConvShape PortableWindow::at(const int64_t* x, const int64_t* y) const noexcept {
  if (geometry_) return geometry_->at(x, y);
  ConvShape s = fixed_;
  s.images = x[0];
  for (int i = 0; i < spatial_; ++i) {
    s.in[static_cast<size_t>(i + 3 - spatial_)] = x[i + 2];
    s.out[static_cast<size_t>(i + 3 - spatial_)] = y[i + 2];
  }
  return s;
}

}  // namespace dvt::cpu

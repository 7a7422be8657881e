#pragma once
#include <array>
#include <optional>
#include <vector>

#include "backend/cpu/conv/conv_shape.h"

namespace dvt::cpu {

/// A tap of the window and where it reads, relative to the step of the result's coordinates.
struct WindowTap {
  int64_t index = 0;
  std::array<int64_t, 3> shift{0, 0, 0};
};

/// Result pixels that see the same taps: pixel i along an axis lies at out_begin + i * out_step and its tap reads
/// x at i * in_step + shift, less the launch's padding.
struct WindowPhase {
  std::vector<WindowTap> taps;
  int64_t first_tap = 0;  ///< Taps of earlier phases: where this one's packed filter begins.
  std::array<int64_t, 3> in_step{1, 1, 1}, out_step{1, 1, 1}, out_begin{0, 0, 0};

  /// Result pixels along an axis.
  int64_t count(const ConvShape& s, size_t axis) const {
    return s.out[axis] <= out_begin[axis] ? 0 : (s.out[axis] - out_begin[axis] + out_step[axis] - 1) / out_step[axis];
  }
};

/// A convolution, which has one phase, or a transposed one, which has as many as its strides have remainders.
class PortableWindow {
 public:
  static constexpr int64_t kMaxTaps = 1024, kMaxPhases = 1024;

  /// Why not; empty when conv's or deconv's window can be walked.
  static std::string refusal(const backend::Problem& p);
  /// Precondition: refusal() is empty.
  explicit PortableWindow(const backend::Problem& p);

  ConvShape at(const int64_t* x, const int64_t* y) const noexcept;
  const ConvShape& fixed() const { return fixed_; }
  const std::vector<WindowPhase>& phases() const { return phases_; }
  /// Each group has one channel and one filter.
  bool depthwise() const { return fixed_.group_channels() == 1 && fixed_.group_filters() == 1; }

  /// Steps in the stored filter from one channel of a group, one filter, and one group to the next.
  int64_t channel_step() const { return transposed() ? fixed_.group_filters() * fixed_.taps() : fixed_.taps(); }
  int64_t filter_step() const { return transposed() ? fixed_.taps() : fixed_.group_channels() * fixed_.taps(); }
  int64_t group_step() const { return fixed_.group_channels() * fixed_.group_filters() * fixed_.taps(); }

 private:
  bool transposed() const { return !geometry_; }
  void add_phases();

  std::optional<ConvGeometry> geometry_;  // of a convolution
  ConvShape fixed_;                       // images, in and out are set per launch
  int spatial_ = 2;
  std::vector<WindowPhase> phases_;
};

}  // namespace dvt::cpu

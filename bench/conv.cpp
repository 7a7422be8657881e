// f32 convolution tactics on the layers of well-known networks: `bench_conv --benchmark_filter=resnet50`.
#include "base/concat.h"
#include "problem_bench.h"

namespace {

struct Layer {
  const char* label;
  int channels, filters, size, kernel, stride, groups = 1;
};

const Layer kLayers[] = {
    {"resnet50/conv1", 3, 64, 224, 7, 2},
    {"resnet50/3x3_56", 64, 64, 56, 3, 1},
    {"resnet50/3x3_28", 128, 128, 28, 3, 1},
    {"resnet50/3x3_14", 256, 256, 14, 3, 1},
    {"resnet50/3x3_7", 512, 512, 7, 3, 1},
    {"resnet50/1x1_56_expand", 64, 256, 56, 1, 1},
    {"resnet50/1x1_56_reduce", 256, 64, 56, 1, 1},
    {"resnet50/1x1_14_expand", 256, 1024, 14, 1, 1},
    {"resnet50/1x1_14_reduce", 1024, 256, 14, 1, 1},
    {"resnet50/1x1_7_expand", 512, 2048, 7, 1, 1},
    {"resnet50/1x1_shortcut", 256, 512, 56, 1, 2},
    {"mobilenet/depthwise_112", 32, 32, 112, 3, 1, 32},
    {"mobilenet/depthwise_112_s2", 96, 96, 112, 3, 2, 96},
    {"mobilenet/depthwise_14", 576, 576, 14, 3, 1, 576},
    {"mobilenet/depthwise_7_5x5", 960, 960, 7, 5, 1, 960},
    {"mobilenet/expand_56", 24, 144, 56, 1, 1},
    {"mobilenet/project_14", 576, 96, 14, 1, 1},
    {"resnext/grouped_28", 128, 128, 28, 3, 1, 32},
    {"lenet/conv1", 1, 8, 28, 5, 1},
};

}  // namespace

int main(int argc, char** argv) {
  using dvt::concat;
  for (const char* layout : {":cl", ""})
    for (const Layer& l : kLayers) {
      const int pad = l.kernel / 2, out = (l.size + 2 * pad - l.kernel) / l.stride + 1;
      const bool image = l.channels <= 3;  // a network's input comes plain
      dvt::bench::register_problem(
          concat(l.label, *layout ? "" : "_plain"),
          concat("conv{strides=[", l.stride, ",", l.stride, "],pads_begin=[", pad, ",", pad, "],pads_end=[", pad, ",",
                 pad, "],groups=", l.groups, "} (f32[1,", l.channels, ",", l.size, ",", l.size, "]",
                 image ? "" : layout, ", const f32[", l.filters, ",", l.channels / l.groups, ",", l.kernel, ",",
                 l.kernel, "]; const f32[1,", l.filters, ",1,1]) -> f32[1,", l.filters, ",", out, ",", out, "]", layout,
                 " | (f32,f32) relu(add($0,$1))"),
          "cpu.conv.");
    }
  return dvt::bench::run(argc, argv);
}

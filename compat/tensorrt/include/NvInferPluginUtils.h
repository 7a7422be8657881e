#pragma once
/// \file
/// Parameters of standard plugins, as programs fill them in.

#include "NvInferRuntimeCommon.h"

namespace nvinfer1 {
namespace plugin {

/// Quadruple and pairs that the parameters below are made of.
struct PriorBoxParameters {
  float *minSize, *maxSize, *aspectRatios;
  int32_t numMinSize, numMaxSize, numAspectRatios;
  bool flip;
  bool clip;
  float variance[4];
  int32_t imgH, imgW;
  float stepH, stepW;
  float offset;
};

struct RPROIParams {
  int32_t poolingH, poolingW, featureStride, preNmsTop, nmsMaxOut, anchorsRatioCount, anchorsScaleCount;
  float iouThreshold, minBoxSize, spatialScale;
};

struct GridAnchorParameters {
  float minSize, maxSize;
  float* aspectRatios;
  int32_t numAspectRatios, H, W;
  float variance[4];
};

enum class CodeTypeSSD : int32_t { CORNER = 0, CENTER_SIZE = 1, CORNER_SIZE = 2, TF_CENTER = 3 };

struct DetectionOutputParameters {
  bool shareLocation, varianceEncodedInTarget;
  int32_t backgroundLabelId, numClasses, topK, keepTopK;
  float confidenceThreshold, nmsThreshold;
  CodeTypeSSD codeType;
  int32_t inputOrder[3];
  bool confSigmoid;
  bool isNormalized;
  bool isBatchAgnostic{true};
};

struct softmaxTree {
  int32_t* leaf;
  int32_t n;
  int32_t* parent;
  int32_t* child;
  int32_t* group;
  char** name;
  int32_t groups;
  int32_t* groupSize;
  int32_t* groupOffset;
};

struct RegionParameters {
  int32_t num;
  int32_t coords;
  int32_t classes;
  softmaxTree* smTree;
};

struct NMSParameters {
  bool shareLocation;
  int32_t backgroundLabelId, numClasses, topK, keepTopK;
  float scoreThreshold, iouThreshold;
  bool isNormalized;
};

}  // namespace plugin
}  // namespace nvinfer1

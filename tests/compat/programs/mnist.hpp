#pragma once
// A classifier of 28 x 28 pictures, built layer by layer, and the same in plain loops.

#include <algorithm>

#include "program.hpp"

struct Mnist {
  static constexpr int kPixels = 28 * 28, kClasses = 10;
  std::vector<float> conv1w = numbers(8 * 1 * 5 * 5, 1), conv1b = numbers(8, 2), conv2w = numbers(16 * 8 * 5 * 5, 3),
                     conv2b = numbers(16, 4), ip1w = numbers(32 * 16 * 4 * 4, 5), ip1b = numbers(32, 6),
                     ip2w = numbers(kClasses * 32, 7), ip2b = numbers(kClasses, 8);
  std::vector<float> scale = {1.0F / 16}, shift = {-0.25F}, power = {1.0F};

  void define(nvinfer1::INetworkDefinition& network, nvinfer1::Dims const& inputDims) const {
    using namespace nvinfer1;
    ITensor* data = network.addInput("data", DataType::kFLOAT, inputDims);
    CHECK(data != nullptr);
    IScaleLayer* scaled = network.addScale(*data, ScaleMode::kUNIFORM, weights(shift), weights(scale), weights(power));
    CHECK(scaled != nullptr);
    scaled->setName("scale");
    ITensor* x = scaled->getOutput(0);
    x = block(network, *x, 8, conv1w, conv1b);
    x = block(network, *x, 16, conv2w, conv2b);
    IConvolutionLayer* ip1 = network.addConvolutionNd(*x, 32, Dims{2, {4, 4}}, weights(ip1w), weights(ip1b));
    IActivationLayer* relu = network.addActivation(*ip1->getOutput(0), ActivationType::kRELU);
    IShuffleLayer* flat = network.addShuffle(*relu->getOutput(0));
    flat->setReshapeDimensions(Dims2(-1, 32));
    IConstantLayer* kernel = network.addConstant(Dims2(kClasses, 32), weights(ip2w));
    IConstantLayer* bias = network.addConstant(Dims2(1, kClasses), weights(ip2b));
    IMatrixMultiplyLayer* ip2 = network.addMatrixMultiply(*flat->getOutput(0), MatrixOperation::kNONE,
                                                          *kernel->getOutput(0), MatrixOperation::kTRANSPOSE);
    IElementWiseLayer* sum =
        network.addElementWise(*ip2->getOutput(0), *bias->getOutput(0), ElementWiseOperation::kSUM);
    ISoftMaxLayer* prob = network.addSoftMax(*sum->getOutput(0));
    prob->setAxes(1U << 1);
    prob->getOutput(0)->setName("prob");
    network.markOutput(*prob->getOutput(0));
  }

  std::vector<float> reference(float const* picture) const {
    std::vector<float> x(picture, picture + kPixels);
    for (float& v : x) v = v * scale[0] + shift[0];
    x = pool(convolve(x, 1, 28, 8, 5, conv1w, conv1b), 8, 24);
    x = pool(convolve(x, 8, 12, 16, 5, conv2w, conv2b), 16, 8);
    x = convolve(x, 16, 4, 32, 4, ip1w, ip1b);
    std::vector<float> y(kClasses);
    float largest = -1e30F, sum = 0;
    for (std::size_t c = 0; c < kClasses; ++c) {
      y[c] = ip2b[c];
      for (std::size_t i = 0; i < 32; ++i) y[c] += std::max(x[i], 0.0F) * ip2w[c * 32 + i];
      largest = std::max(largest, y[c]);
    }
    for (float& v : y) sum += v = std::exp(v - largest);
    for (float& v : y) v /= sum;
    return y;
  }

  static std::vector<float> picture(unsigned number) {
    std::vector<float> pixels = numbers(kPixels, 100 + number);
    for (float& v : pixels) v = std::floor((v + 0.5F) * 255);
    return pixels;
  }

 private:
  static nvinfer1::ITensor* block(nvinfer1::INetworkDefinition& network, nvinfer1::ITensor& in, int32_t maps,
                                  std::vector<float> const& w, std::vector<float> const& b) {
    using namespace nvinfer1;
    IConvolutionLayer* conv = network.addConvolutionNd(in, maps, Dims{2, {5, 5}}, weights(w), weights(b));
    CHECK(conv != nullptr);
    conv->setStrideNd(DimsHW{1, 1});
    IPoolingLayer* pooled = network.addPoolingNd(*conv->getOutput(0), PoolingType::kMAX, Dims{2, {2, 2}});
    CHECK(pooled != nullptr);
    pooled->setStrideNd(DimsHW{2, 2});
    CHECK(conv->getNbOutputMaps() == maps && pooled->getStrideNd().d[1] == 2);
    return pooled->getOutput(0);
  }

  static std::vector<float> convolve(std::vector<float> const& x, int c, int size, int maps, int k,
                                     std::vector<float> const& w, std::vector<float> const& b) {
    int const out = size - k + 1;
    std::vector<float> y(static_cast<std::size_t>(maps * out * out));
    for (int m = 0; m < maps; ++m)
      for (int i = 0; i < out; ++i)
        for (int j = 0; j < out; ++j) {
          float sum = b[static_cast<std::size_t>(m)];
          for (int n = 0; n < c; ++n)
            for (int u = 0; u < k; ++u)
              for (int v = 0; v < k; ++v)
                sum += x[static_cast<std::size_t>((n * size + i + u) * size + j + v)] *
                       w[static_cast<std::size_t>(((m * c + n) * k + u) * k + v)];
          y[static_cast<std::size_t>((m * out + i) * out + j)] = sum;
        }
    return y;
  }

  static std::vector<float> pool(std::vector<float> const& x, int c, int size) {
    int const out = size / 2;
    std::vector<float> y(static_cast<std::size_t>(c * out * out));
    for (int n = 0; n < c; ++n)
      for (int i = 0; i < out; ++i)
        for (int j = 0; j < out; ++j) {
          auto at = [&](int a, int b) {
            return x[static_cast<std::size_t>((n * size + 2 * i + a) * size + 2 * j + b)];
          };
          y[static_cast<std::size_t>((n * out + i) * out + j)] =
              std::max(std::max(at(0, 0), at(0, 1)), std::max(at(1, 0), at(1, 1)));
        }
    return y;
  }
};

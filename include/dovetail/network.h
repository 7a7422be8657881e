#pragma once

#include <dovetail/error_recorder.h>
#include <dovetail/layers.h>

namespace DOVETAIL_NAMESPACE {

/// Bit n stands for the NetworkDefinitionCreationFlag whose value is n.
using NetworkDefinitionCreationFlags = uint32_t;

enum class NetworkDefinitionCreationFlag : int32_t {
  kEXPLICIT_BATCH = 0,  ///< Accepted and without effect: every network has an explicit batch.
  kSTRONGLY_TYPED = 1,  ///< Types follow from the network alone; precision flags are refused.
  kPREFER_JIT_PYTHON_PLUGINS = 2,
  kPREFER_AOT_PYTHON_PLUGINS = 3,
};
DOVETAIL_ENUM_MAX(NetworkDefinitionCreationFlag, 4)

class IBuilder;

/// The network that the user describes: tensors connected by layers. Owned by the caller, freed with delete.
///
/// An add… method returns a layer that the network owns, or nullptr with an error reported (an input of another
/// network, a number out of range, a layer that is not supported). Weights are referenced, not copied: they must stay
/// unchanged until the last build has returned.
/// \threadsafety Calls on one network must not overlap.
class INetworkDefinition : public INoCopy {
 public:
  virtual ~INetworkDefinition() noexcept = default;
  /// Same as delete.
  void destroy() noexcept { delete this; }

  // Inputs and outputs.

  /// \param name        Unique among inputs and outputs. Copied.
  /// \param dimensions  -1 for extents that a profile bounds.
  virtual ITensor* addInput(char const* name, DataType type, Dims const& dimensions) noexcept = 0;
  virtual void markOutput(ITensor& tensor) noexcept = 0;
  virtual void unmarkOutput(ITensor& tensor) noexcept = 0;
  /// Makes the values of a shape tensor an output on the host. \return True when it was marked.
  virtual bool markOutputForShapes(ITensor& tensor) noexcept = 0;
  virtual bool unmarkOutputForShapes(ITensor& tensor) noexcept = 0;
  virtual bool markDebug(ITensor& tensor) noexcept = 0;
  virtual bool unmarkDebug(ITensor& tensor) noexcept = 0;
  virtual bool isDebugTensor(ITensor const& tensor) const noexcept = 0;
  /// Makes every tensor that survives optimization a debug tensor.
  virtual bool markUnfusedTensorsAsDebugTensors() noexcept = 0;
  virtual bool unmarkUnfusedTensorsAsDebugTensors() noexcept = 0;
  virtual int32_t getNbInputs() const noexcept = 0;
  /// nullptr when index is out of range; the same for getOutput and getLayer.
  virtual ITensor* getInput(int32_t index) const noexcept = 0;
  virtual int32_t getNbOutputs() const noexcept = 0;
  virtual ITensor* getOutput(int32_t index) const noexcept = 0;
  virtual int32_t getNbLayers() const noexcept = 0;
  /// Layers are in the order of their creation.
  virtual ILayer* getLayer(int32_t index) const noexcept = 0;
  /// Removes a tensor that no layer reads; a layer whose outputs are all removed goes with them.
  virtual void removeTensor(ITensor& tensor) noexcept = 0;

  // Neural layers (layers_neural.h).

  virtual IConvolutionLayer* addConvolutionNd(ITensor& input, int64_t nbOutputMaps, Dims const& kernelSize,
                                              Weights kernelWeights, Weights biasWeights) noexcept = 0;
  virtual IDeconvolutionLayer* addDeconvolutionNd(ITensor& input, int64_t nbOutputMaps, Dims kernelSize,
                                                  Weights kernelWeights, Weights biasWeights) noexcept = 0;
  virtual IPoolingLayer* addPoolingNd(ITensor& input, PoolingType type, Dims const& windowSize) noexcept = 0;
  virtual ILRNLayer* addLRN(ITensor& input, int64_t window, float alpha, float beta, float k) noexcept = 0;
  virtual IScaleLayer* addScaleNd(ITensor& input, ScaleMode mode, Weights shift, Weights scale, Weights power,
                                  int32_t channelAxis) noexcept = 0;
  virtual ISoftMaxLayer* addSoftMax(ITensor& input) noexcept = 0;
  virtual IRaggedSoftMaxLayer* addRaggedSoftMax(ITensor& input, ITensor& bounds) noexcept = 0;
  /// \param scale, bias  Broadcast to input: [1, C, 1…], with groups [1, G, 1…], or the shape of the reduced
  /// dimensions.
  virtual INormalizationLayer* addNormalization(ITensor& input, ITensor& scale, ITensor& bias,
                                                uint32_t axesMask) noexcept = 0;
  virtual INormalizationLayer* addNormalizationV2(ITensor& input, ITensor& scale, ITensor& bias,
                                                  uint32_t axesMask) noexcept = 0;
  virtual IMatrixMultiplyLayer* addMatrixMultiply(ITensor& input0, MatrixOperation op0, ITensor& input1,
                                                  MatrixOperation op1) noexcept = 0;
  virtual IEinsumLayer* addEinsum(ITensor* const* inputs, int32_t nbInputs, char const* equation) noexcept = 0;

  // Pointwise layers (layers_pointwise.h).

  virtual IActivationLayer* addActivation(ITensor& input, ActivationType type) noexcept = 0;
  virtual IElementWiseLayer* addElementWise(ITensor& input1, ITensor& input2, ElementWiseOperation op) noexcept = 0;
  virtual IUnaryLayer* addUnary(ITensor& input, UnaryOperation operation) noexcept = 0;
  virtual IParametricReLULayer* addParametricReLU(ITensor& input, ITensor& slope) noexcept = 0;
  virtual ISelectLayer* addSelect(ITensor& condition, ITensor& thenInput, ITensor& elseInput) noexcept = 0;
  virtual IIdentityLayer* addIdentity(ITensor& input) noexcept = 0;
  virtual ICastLayer* addCast(ITensor& input, DataType toType) noexcept = 0;

  // Quantization (layers_quantize.h).

  virtual IQuantizeLayer* addQuantize(ITensor& input, ITensor& scale, DataType outputType) noexcept = 0;
  virtual IDequantizeLayer* addDequantize(ITensor& input, ITensor& scale, DataType outputType) noexcept = 0;
  /// \param axis       The last or the last but one dimension. \param blockSize  16 for kFP4, 32 for kFP8.
  virtual IDynamicQuantizeLayer* addDynamicQuantize(ITensor& input, int32_t axis, int32_t blockSize,
                                                    DataType outputType, DataType scaleType) noexcept = 0;
  virtual IDynamicQuantizeLayer* addDynamicQuantizeV2(ITensor& input, Dims const& blockShape, DataType outputType,
                                                      DataType scaleType) noexcept = 0;

  // Data movement (layers_data.h).

  virtual IConcatenationLayer* addConcatenation(ITensor* const* inputs, int32_t nbInputs) noexcept = 0;
  virtual IPaddingLayer* addPaddingNd(ITensor& input, Dims const& prePadding, Dims const& postPadding) noexcept = 0;
  virtual IShuffleLayer* addShuffle(ITensor& input) noexcept = 0;
  virtual ISliceLayer* addSlice(ITensor& input, Dims const& start, Dims const& size, Dims const& stride) noexcept = 0;
  virtual IShapeLayer* addShape(ITensor& input) noexcept = 0;
  virtual IGatherLayer* addGatherV2(ITensor& data, ITensor& indices, GatherMode mode) noexcept = 0;
  virtual IScatterLayer* addScatter(ITensor& data, ITensor& indices, ITensor& updates, ScatterMode mode) noexcept = 0;
  virtual IOneHotLayer* addOneHot(ITensor& indices, ITensor& values, ITensor& depth, int32_t axis) noexcept = 0;
  virtual INonZeroLayer* addNonZero(ITensor& input, DataType indicesType) noexcept = 0;
  virtual IConstantLayer* addConstant(Dims const& dimensions, Weights weights) noexcept = 0;
  virtual IFillLayer* addFill(Dims const& dimensions, FillOperation op, DataType outputType) noexcept = 0;
  virtual ISqueezeLayer* addSqueeze(ITensor& input, ITensor& axes) noexcept = 0;
  virtual IUnsqueezeLayer* addUnsqueeze(ITensor& input, ITensor& axes) noexcept = 0;
  virtual IReverseSequenceLayer* addReverseSequence(ITensor& input, ITensor& sequenceLens) noexcept = 0;
  virtual IAssertionLayer* addAssertion(ITensor& condition, char const* message) noexcept = 0;

  // Reductions and resampling (layers_reduce.h).

  virtual IReduceLayer* addReduce(ITensor& input, ReduceOperation operation, uint32_t reduceAxes,
                                  bool keepDimensions) noexcept = 0;
  virtual ITopKLayer* addTopK(ITensor& input, TopKOperation op, int32_t k, uint32_t reduceAxes,
                              DataType indicesType) noexcept = 0;
  virtual ICumulativeLayer* addCumulative(ITensor& input, ITensor& axis, CumulativeOperation operation, bool exclusive,
                                          bool reverse) noexcept = 0;
  virtual IResizeLayer* addResize(ITensor& input) noexcept = 0;
  virtual IGridSampleLayer* addGridSample(ITensor& input, ITensor& grid) noexcept = 0;
  virtual INMSLayer* addNMS(ITensor& boxes, ITensor& scores, ITensor& maxOutputBoxesPerClass,
                            DataType indicesType) noexcept = 0;

  // Attention and experts (layers_attention.h, layers_moe.h), recurrent layers (layers_recurrent.h).

  virtual IAttention* addAttentionV2(ITensor& query, ITensor& key, ITensor& value, AttentionNormalizationOp normOp,
                                     CausalMaskKind causalKind) noexcept = 0;
  virtual IRotaryEmbeddingLayer* addRotaryEmbedding(ITensor& input, ITensor& cosCache, ITensor& sinCache,
                                                    bool interleaved, int32_t rotaryEmbeddingDim) noexcept = 0;
  virtual IKVCacheUpdateLayer* addKVCacheUpdate(ITensor& cache, ITensor& update, ITensor& writeIndices,
                                                KVCacheMode cacheMode) noexcept = 0;
  virtual IMoELayer* addMoE(ITensor& hiddenStates, ITensor& selectedExpertsForTokens,
                            ITensor& scoresForSelectedExperts) noexcept = 0;
  /// Needs several devices: refused, as an engine runs on one.
  virtual IDistCollectiveLayer* addDistCollective(ITensor& input, CollectiveOperation distCollectiveOp,
                                                  ReduceOperation reduceOp, int64_t root, int64_t* groups,
                                                  int64_t groupSize) noexcept = 0;
  virtual IFullyConnectedLayer* addFullyConnected(ITensor& input, int32_t nbOutputs, Weights kernelWeights,
                                                  Weights biasWeights) noexcept = 0;
  virtual IRNNv2Layer* addRNNv2(ITensor& input, int32_t layerCount, int32_t hiddenSize, int32_t maxSeqLen,
                                RNNOperation op) noexcept = 0;

  // Plugins (layers_plugin.h). The network keeps clones.

  virtual IPluginV2Layer* addPluginV2(ITensor* const* inputs, int32_t nbInputs, IPluginV2& plugin) noexcept = 0;
  virtual IPluginV3Layer* addPluginV3(ITensor* const* inputs, int32_t nbInputs, ITensor* const* shapeInputs,
                                      int32_t nbShapeInputs, IPluginV3& plugin) noexcept = 0;

  // Control flow and operators without a layer (layers_control.h).

  virtual ILoop* addLoop() noexcept = 0;
  virtual IIfConditional* addIfConditional() noexcept = 0;
  /// Adds an operator that no layer stands for.
  /// \param domain        "dovetail" (or "") for the library's own operators.
  /// \param operatorName  As in the list of operators, for example "resize".
  /// \param attributes    Named values; names, types and ranges as in the list of operators. Copied.
  /// \param inputs        nullptr entries stand for optional inputs that are left out.
  /// \return nullptr, with an error that names what is wrong, for an unknown operator or attribute.
  virtual IOperatorLayer* addOperator(char const* domain, char const* operatorName,
                                      PluginFieldCollection const& attributes, ITensor* const* inputs,
                                      int32_t nbInputs) noexcept = 0;

  // The network as a whole.

  /// Copied. "" by default.
  virtual void setName(char const* name) noexcept = 0;
  virtual char const* getName() const noexcept = 0;
  /// Names weights for refitting. \return False when they are not weights of this network.
  virtual bool setWeightsName(Weights weights, char const* name) noexcept = 0;
  virtual bool markWeightsRefittable(char const* name) noexcept = 0;
  virtual bool unmarkWeightsRefittable(char const* name) noexcept = 0;
  virtual bool areWeightsMarkedRefittable(char const* name) const noexcept = 0;
  virtual NetworkDefinitionCreationFlags getFlags() const noexcept = 0;
  virtual bool getFlag(NetworkDefinitionCreationFlag networkDefinitionCreationFlag) const noexcept = 0;
  /// The builder that made the network. Must not be used after the builder was destroyed.
  virtual IBuilder& getBuilder() const noexcept = 0;
  /// nullptr to go back to the builder's recorder.
  virtual void setErrorRecorder(IErrorRecorder* recorder) noexcept = 0;
  virtual IErrorRecorder* getErrorRecorder() const noexcept = 0;
  /// Hands over memory that weights of this network point into. release(resource) is called exactly once, when neither
  /// the network nor a build that is under way needs it, or at once when the call fails.
  virtual bool retainResource(void* resource, void (*release)(void*)) noexcept = 0;
  /// The network as text, one line a layer, for reading. Valid until the next call on the network.
  virtual char const* toText() noexcept = 0;

  bool hasImplicitBatchDimension() const noexcept { return false; }
  bool hasExplicitPrecision() const noexcept { return false; }

  // Short forms.

  IScaleLayer* addScale(ITensor& input, ScaleMode mode, Weights shift, Weights scale, Weights power) noexcept {
    return addScaleNd(input, mode, shift, scale, power, 1);
  }
  IGatherLayer* addGather(ITensor& data, ITensor& indices, int32_t axis) noexcept {
    IGatherLayer* layer = addGatherV2(data, indices, GatherMode::kDEFAULT);
    if (layer != nullptr) layer->setGatherAxis(axis);
    return layer;
  }
  IQuantizeLayer* addQuantize(ITensor& input, ITensor& scale) noexcept {
    return addQuantize(input, scale, DataType::kINT8);
  }
  IDequantizeLayer* addDequantize(ITensor& input, ITensor& scale) noexcept {
    return addDequantize(input, scale, DataType::kFLOAT);
  }
  IFillLayer* addFill(Dims const& dimensions, FillOperation op) noexcept {
    return addFill(dimensions, op, DataType::kFLOAT);
  }
  ITopKLayer* addTopK(ITensor& input, TopKOperation op, int32_t k, uint32_t reduceAxes) noexcept {
    return addTopK(input, op, k, reduceAxes, DataType::kINT32);
  }
  IAttention* addAttention(ITensor& query, ITensor& key, ITensor& value, AttentionNormalizationOp normOp,
                           bool causal) noexcept {
    return addAttentionV2(query, key, value, normOp, causal ? CausalMaskKind::kUPPER_LEFT : CausalMaskKind::kNONE);
  }
  INonZeroLayer* addNonZero(ITensor& input) noexcept { return addNonZero(input, DataType::kINT32); }
  INMSLayer* addNMS(ITensor& boxes, ITensor& scores, ITensor& maxOutputBoxesPerClass) noexcept {
    return addNMS(boxes, scores, maxOutputBoxesPerClass, DataType::kINT32);
  }
  IConvolutionLayer* addConvolution(ITensor& input, int32_t nbOutputMaps, DimsHW kernelSize, Weights kernelWeights,
                                    Weights biasWeights) noexcept {
    return addConvolutionNd(input, nbOutputMaps, kernelSize, kernelWeights, biasWeights);
  }
  IDeconvolutionLayer* addDeconvolution(ITensor& input, int32_t nbOutputMaps, DimsHW kernelSize, Weights kernelWeights,
                                        Weights biasWeights) noexcept {
    return addDeconvolutionNd(input, nbOutputMaps, kernelSize, kernelWeights, biasWeights);
  }
  IPoolingLayer* addPooling(ITensor& input, PoolingType type, DimsHW windowSize) noexcept {
    return addPoolingNd(input, type, windowSize);
  }
  IPaddingLayer* addPadding(ITensor& input, DimsHW prePadding, DimsHW postPadding) noexcept {
    return addPaddingNd(input, prePadding, postPadding);
  }
};

}  // namespace DOVETAIL_NAMESPACE

// Numbers that are no enumerator: each place that takes one refuses it, at once or when a shape is asked for, and a
// setter that refuses leaves what was there. Python cannot make such numbers, so that they are tried here.

#include "run.h"

namespace dovetail::test {
namespace {

using testing::HasSubstr;

template <class Enum>
Enum no_such() {
  return static_cast<Enum>(99);
}

/// A network with tensors that any layer can start from.
struct Enumerations : testing::Test, Session {
  ITensor& x = input("x", {1, 4, 6, 6});
  ITensor& y = input("y", {1, 4, 6, 6});
  ITensor& indices = input("indices", {1, 4, 6, 6}, DataType::kINT32);
  ITensor& one = *network->addConstant(dims({}), Weights{DataType::kINT32, &number, 1})->getOutput(0);
  int32_t number = 1;

  void refused(ILayer* layer, const char* why) {
    EXPECT_EQ(layer, nullptr) << why;
    EXPECT_THAT(logger.take_errors(), HasSubstr(why));
  }
  void said(const char* why) { EXPECT_THAT(logger.take_errors(), HasSubstr(why)); }
  /// What is found out with the whole layer.
  void bad(ILayer& layer, const char* why) {
    EXPECT_EQ(layer.getOutput(0)->getDimensions().nbDims, -1) << why;
    EXPECT_THAT(logger.take_errors(), HasSubstr(why));
  }
};

TEST_F(Enumerations, OfPointwiseLayers) {
  refused(network->addActivation(x, no_such<ActivationType>()), "there is no activation type with number 99");
  refused(network->addElementWise(x, y, no_such<ElementWiseOperation>()), "no elementwise operation with number 99");
  refused(network->addUnary(x, no_such<UnaryOperation>()), "there is no unary operation with number 99");
  refused(network->addCast(x, no_such<DataType>()), "there is no data type with number 99");
  IActivationLayer* activation = network->addActivation(x, ActivationType::kRELU);
  activation->setActivationType(no_such<ActivationType>());
  bad(*activation, "there is no activation type with number 99");
  IElementWiseLayer* sum = network->addElementWise(x, y, ElementWiseOperation::kSUM);
  sum->setOperation(no_such<ElementWiseOperation>());
  bad(*sum, "there is no elementwise operation with number 99");
  IUnaryLayer* unary = network->addUnary(x, UnaryOperation::kABS);
  unary->setOperation(no_such<UnaryOperation>());
  bad(*unary, "there is no unary operation with number 99");
  ICastLayer* cast = network->addCast(x, DataType::kHALF);
  cast->setToType(no_such<DataType>());
  bad(*cast, "there is no data type with number 99");
}

TEST_F(Enumerations, OfLayersWithWindows) {
  const std::vector<float> kernel(16, 1);
  refused(network->addPoolingNd(x, no_such<PoolingType>(), dims({2, 2})), "pooling: there is no type 99");
  IPoolingLayer* pool = network->addPoolingNd(x, PoolingType::kAVERAGE, dims({2, 2}));
  pool->setPoolingType(no_such<PoolingType>());
  said("pooling: there is no type 99");
  EXPECT_EQ(pool->getPoolingType(), PoolingType::kAVERAGE);
  pool->setPaddingMode(no_such<PaddingMode>());
  said("(Pooling): there is no padding mode 99");
  EXPECT_EQ(pool->getPaddingMode(), PaddingMode::kEXPLICIT_ROUND_DOWN);
  IConvolutionLayer* conv = network->addConvolutionNd(x, 4, dims({1, 1}), weights(kernel), Weights{});
  conv->setPaddingMode(no_such<PaddingMode>());
  said("(Convolution): there is no padding mode 99");
  IDeconvolutionLayer* deconv = network->addDeconvolutionNd(x, 4, dims({1, 1}), weights(kernel), Weights{});
  deconv->setPaddingMode(no_such<PaddingMode>());
  said("(Deconvolution): there is no padding mode 99");
  Weights unknown = weights({1});
  unknown.type = no_such<DataType>();
  refused(network->addConvolutionNd(x, 4, dims({1, 1}), unknown, Weights{}), "there is no data type with number 99");
  refused(network->addConstant(dims({1}), unknown), "there is no data type with number 99");
  refused(network->addConstant(dims({1}), Weights{DataType::kFLOAT, nullptr, 1}), "the constant's values are nullptr");
}

TEST_F(Enumerations, OfScalesProductsAndNormalizations) {
  refused(network->addScaleNd(x, no_such<ScaleMode>(), Weights{}, Weights{}, Weights{}, 1),
          "scale: there is no mode 99");
  IScaleLayer* scale = network->addScaleNd(x, ScaleMode::kCHANNEL, Weights{}, Weights{}, Weights{}, 1);
  scale->setMode(no_such<ScaleMode>());
  said("scale: there is no mode 99");
  EXPECT_EQ(scale->getMode(), ScaleMode::kCHANNEL);
  const auto none = MatrixOperation::kNONE;
  refused(network->addMatrixMultiply(x, no_such<MatrixOperation>(), y, none), "there is no operation 99");
  refused(network->addMatrixMultiply(x, none, y, no_such<MatrixOperation>()), "there is no operation 99");
  IMatrixMultiplyLayer* product = network->addMatrixMultiply(x, none, y, none);
  product->setOperation(1, no_such<MatrixOperation>());
  said("matrix multiply: there is no operation 99");
  product->setOperation(2, none);
  said("(Matrix Multiply) has no input 2");
  EXPECT_EQ(product->getOperation(1), none);
  EXPECT_EQ(product->getOperation(2), none);
  INormalizationLayer* norm = network->addNormalizationV2(x, constant({1, 4, 1, 1}, {1, 1, 1, 1}),
                                                          constant({1, 4, 1, 1}, {0, 0, 0, 0}), 0b1100);
  norm->setComputePrecision(DataType::kINT32);
  said("(Normalization): statistics are computed in a floating type, not in i32");
  EXPECT_EQ(norm->getComputePrecision(), DataType::kFLOAT);
}

TEST_F(Enumerations, OfLayersThatMoveData) {
  ISliceLayer* slice = network->addSlice(x, dims({0, 0, 0, -1}), dims({1, 1, 1, 1}), dims({1, 1, 1, 1}));
  slice->setMode(no_such<SampleMode>());
  bad(*slice, "(Slice): there is no mode 99");
  IGatherLayer* gather = network->addGatherV2(x, indices, no_such<GatherMode>());
  bad(*gather, "(Gather): there is no mode 99");
  refused(network->addScatter(x, indices, y, no_such<ScatterMode>()), "scatter: there is no mode 99");
  IScatterLayer* scatter = network->addScatter(x, indices, y, ScatterMode::kELEMENT);
  scatter->setMode(no_such<ScatterMode>());
  said("scatter: there is no mode 99");
  EXPECT_EQ(scatter->getMode(), ScatterMode::kELEMENT);
  refused(network->addFill(dims({2}), no_such<FillOperation>(), DataType::kFLOAT), "fill: there is no operation 99");
  refused(network->addFill(dims({2}), FillOperation::kLINSPACE, no_such<DataType>()),
          "there is no data type with number 99");
  IFillLayer* fill = network->addFill(dims({2}), FillOperation::kLINSPACE, DataType::kFLOAT);
  fill->setOperation(no_such<FillOperation>());
  said("fill: there is no operation 99");
  fill->setToType(no_such<DataType>());
  bad(*fill, "there is no data type with number 99");
}

TEST_F(Enumerations, OfReductionsAndResampling) {
  refused(network->addReduce(x, no_such<ReduceOperation>(), 1, true), "reduce: operation 99 reduces nothing");
  IReduceLayer* reduce = network->addReduce(x, ReduceOperation::kSUM, 1, true);
  reduce->setOperation(no_such<ReduceOperation>());
  bad(*reduce, "reduce: operation 99 reduces nothing");
  const auto i32 = DataType::kINT32;
  refused(network->addTopK(x, no_such<TopKOperation>(), 1, 0b1000, i32), "topk: there is no operation 99");
  refused(network->addTopK(x, TopKOperation::kMAX, 1, 0b1000, DataType::kHALF), "indices must be INT32 or INT64");
  ITopKLayer* topk = network->addTopK(x, TopKOperation::kMIN, 1, 0b1000, i32);
  topk->setOperation(no_such<TopKOperation>());
  said("topk: there is no operation 99");
  EXPECT_FALSE(topk->setIndicesType(no_such<DataType>()));
  said("topk: indices must be INT32 or INT64");
  EXPECT_EQ(topk->getOperation(), TopKOperation::kMIN);
  EXPECT_EQ(topk->getIndicesType(), i32);
  const auto bad_sum = no_such<CumulativeOperation>();
  refused(network->addCumulative(x, one, bad_sum, false, false), "there is no cumulative operation 99");
  ICumulativeLayer* running = network->addCumulative(x, one, CumulativeOperation::kSUM, false, false);
  EXPECT_FALSE(running->setOperation(bad_sum));
  said("there is no cumulative operation 99");

  IResizeLayer* resize = network->addResize(x);
  resize->setOutputDimensions(dims({1, 4, 3, 3}));
  resize->setResizeMode(no_such<InterpolationMode>());
  bad(*resize, "(Resize): there is no mode 99");
  resize->setResizeMode(InterpolationMode::kLINEAR);
  resize->setCoordinateTransformation(no_such<ResizeCoordinateTransformation>());
  bad(*resize, "(Resize): there is no coordinate transformation 99");
  resize->setCoordinateTransformation(ResizeCoordinateTransformation::kHALF_PIXEL);
  resize->setSelectorForSinglePixel(no_such<ResizeSelector>());
  bad(*resize, "(Resize): there is no selector 99");
  resize->setSelectorForSinglePixel(ResizeSelector::kUPPER);
  resize->setNearestRounding(no_such<ResizeRoundMode>());
  bad(*resize, "(Resize): there is no rounding 99");

  IGridSampleLayer* sample = network->addGridSample(x, input("grid", {1, 2, 2, 2}));
  sample->setInterpolationMode(no_such<InterpolationMode>());
  said("(GridSample): there is no interpolation mode 99");
  EXPECT_FALSE(sample->setSampleMode(SampleMode::kWRAP));
  said("(GridSample): sample mode 1 is none of kCLAMP, kFILL and kREFLECT");
  EXPECT_EQ(sample->getInterpolationMode(), InterpolationMode::kLINEAR);
  EXPECT_EQ(sample->getSampleMode(), SampleMode::kFILL);

  ITensor& boxes = input("boxes", {1, 5, 4});
  ITensor& scores = input("scores", {1, 5, 2});
  refused(network->addNMS(boxes, scores, one, DataType::kFLOAT), "indices must be INT32 or INT64");
  INMSLayer* nms = network->addNMS(boxes, scores, one, i32);
  nms->setBoundingBoxFormat(no_such<BoundingBoxFormat>());
  said("(NMS): there is no format of boxes 99");
  EXPECT_FALSE(nms->setIndicesType(DataType::kUINT8));
  said("indices must be INT32 or INT64");
  EXPECT_EQ(nms->getBoundingBoxFormat(), BoundingBoxFormat::kCORNER_PAIRS);
}

TEST_F(Enumerations, OfQuantization) {
  const DataType f32 = DataType::kFLOAT, fp4 = DataType::kFP4, fp8 = DataType::kFP8;
  refused(network->addQuantize(x, one, no_such<DataType>()), "there is no data type with number 99");
  IQuantizeLayer* quantize = network->addQuantize(x, one, DataType::kINT8);
  quantize->setToType(no_such<DataType>());
  said("there is no data type with number 99");
  EXPECT_EQ(quantize->getToType(), DataType::kINT8);
  refused(network->addDynamicQuantize(x, 3, 16, f32, fp8), "the output type 0 is none of kFP4, kFP8 and kINT8");
  refused(network->addDynamicQuantize(x, 3, 16, fp4, fp4), "is none of kFP8, kE8M0 and kFLOAT");
  refused(network->addDynamicQuantize(x, 3, 0, fp4, fp8), "dynamic quantization: the block size is 0");
  IDynamicQuantizeLayer* dynamic = network->addDynamicQuantize(x, 3, 6, fp4, fp8);
  dynamic->setToType(f32);
  said("the output type 0 is none of kFP4, kFP8 and kINT8");
  dynamic->setScaleType(DataType::kINT8);
  said("the scale type 2 is none of kFP8, kE8M0 and kFLOAT");
  EXPECT_EQ(dynamic->getToType(), fp4);
  EXPECT_EQ(dynamic->getScaleType(), fp8);
}

TEST_F(Enumerations, OfAttentionCachesAndExperts) {
  const auto softmax = AttentionNormalizationOp::kSOFTMAX;
  const auto none = CausalMaskKind::kNONE;
  EXPECT_EQ(network->addAttentionV2(x, x, x, no_such<AttentionNormalizationOp>(), none), nullptr);
  said("attention: there is no normalization 99");
  EXPECT_EQ(network->addAttentionV2(x, x, x, softmax, no_such<CausalMaskKind>()), nullptr);
  said("attention: there is no causal kind 99");
  IAttention* attention = network->addAttentionV2(x, x, x, softmax, none);
  EXPECT_FALSE(attention->setNormalizationOperation(no_such<AttentionNormalizationOp>()));
  said("attention: there is no normalization 99");
  EXPECT_FALSE(attention->setCausalKind(no_such<CausalMaskKind>()));
  said("attention: there is no causal kind 99");
  EXPECT_FALSE(attention->setQueryForm(no_such<AttentionIOForm>()));
  said("there is no form 99");
  EXPECT_FALSE(attention->setKeyValueForm(no_such<AttentionIOForm>()));
  said("there is no form 99");
  EXPECT_FALSE(attention->setNormalizationQuantizeToType(DataType::kHALF));
  said("the normalization is quantized to kFP8 or kINT8, not type 1");
  EXPECT_FALSE(attention->setInput(5, x));
  said("has no input 5; lengths have setters of their own");
  EXPECT_FALSE(attention->setNbRanks(2));
  said("2 ranks: an engine runs on one device");
  EXPECT_EQ(attention->getNormalizationOperation(), softmax);
  EXPECT_EQ(attention->getCausalKind(), none);
  EXPECT_EQ(attention->getQueryForm(), AttentionIOForm::kPADDED_BHND);

  ITensor& starts = input("starts", {1}, DataType::kINT32);
  refused(network->addKVCacheUpdate(x, y, starts, no_such<KVCacheMode>()), "there is no cache mode 99; use kLINEAR");
  IKVCacheUpdateLayer* cache = network->addKVCacheUpdate(x, y, starts, KVCacheMode::kLINEAR);
  EXPECT_FALSE(cache->setCacheMode(no_such<KVCacheMode>()));
  said("there is no cache mode 99; use kLINEAR");
  EXPECT_FALSE(cache->setUpdateForm(no_such<AttentionIOForm>()));
  said("(KVCacheUpdate): there is no form 99");

  IMoELayer* moe = network->addMoE(x, indices, y);
  moe->setActivationType(no_such<MoEActType>());
  said("(MoE): there is no activation 99");
  EXPECT_EQ(moe->getActivationType(), MoEActType::kSILU);
}

TEST_F(Enumerations, OfRecurrenceAndControlFlow) {
  ITensor& sequence = input("sequence", {2, 3, 4});
  refused(network->addRNNv2(sequence, 1, 4, 3, no_such<RNNOperation>()), "rnn: there is no operation 99");
  IRNNv2Layer* rnn = network->addRNNv2(sequence, 1, 4, 3, RNNOperation::kGRU);
  rnn->setOperation(no_such<RNNOperation>());
  said("rnn: there is no operation 99");
  rnn->setDirection(no_such<RNNDirection>());
  said("(RNN): there is no direction 99");
  rnn->setInputMode(no_such<RNNInputMode>());
  said("(RNN): there is no input mode 99");
  EXPECT_EQ(rnn->getOperation(), RNNOperation::kGRU);
  EXPECT_EQ(rnn->getDirection(), RNNDirection::kUNIDIRECTION);
  EXPECT_EQ(rnn->getInputMode(), RNNInputMode::kLINEAR);

  ILoop* loop = network->addLoop();
  refused(loop->addTripLimit(one, no_such<TripLimit>()), "there is no trip limit of kind 99");
  IRecurrenceLayer* carried = loop->addRecurrence(x);
  refused(loop->addLoopOutput(*carried->getOutput(0), no_such<LoopOutput>()), "there is no loop output of kind 99");
}

TEST_F(Enumerations, OfTypesThatAreAskedFor) {
  ILayer* layer = network->addIdentity(x);
  layer->setOutputType(0, no_such<DataType>());
  said("there is no data type with number 99");
  EXPECT_FALSE(layer->outputTypeIsSet(0));
  layer->setOutputType(1, DataType::kHALF);
  said("has no output 1");
  EXPECT_FALSE(layer->setNbRanks(2));
  said("2 ranks: an engine runs on one device");
  EXPECT_EQ(network->addInput("typeless", no_such<DataType>(), dims({1})), nullptr);
  said("there is no data type with number 99");
}

}  // namespace
}  // namespace dovetail::test

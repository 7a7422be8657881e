// libnvparsers.so.8: named by programs of 8.6 that also read Caffe or UFF models. Those parsers are not there; the
// headers' functions say so (trt8/NvCaffeParser.h, trt8/NvUffParser.h).

extern "C" __attribute__((visibility("default"))) int dovetailHasNoCaffeAndUffParsers() { return 0; }

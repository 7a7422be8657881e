#pragma once

// Every layer interface.
#include <dovetail/layers_attention.h>
#include <dovetail/layers_control.h>
#include <dovetail/layers_data.h>
#include <dovetail/layers_moe.h>
#include <dovetail/layers_neural.h>
#include <dovetail/layers_plugin.h>
#include <dovetail/layers_pointwise.h>
#include <dovetail/layers_quantize.h>
#include <dovetail/layers_recurrent.h>
#include <dovetail/layers_reduce.h>

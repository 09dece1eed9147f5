import { fieldNumbers, textIn, walkOnnx } from "./onnx-schema.ts";

/**
 * Operators whose work and memory follow from the shapes of what goes in, never from its values, and of which none runs
 * a graph of its own. Div and Mod are not among them: the smallest integer divided by -1 ends the process that does it
 * (SIGFPE, ONNX Runtime 1.30.0). Source: ONNX operator specifications, domains "" and ai.onnx.ml.
 */
const bounded = new Set([
  ..."Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization BitShift Cast Ceil".split(
    " ",
  ),
  ..."Celu Clip Concat Constant Conv ConvTranspose Cos Cosh DepthToSpace DequantizeLinear Dropout Elu Equal".split(
    " ",
  ),
  ..."Erf Exp Flatten Floor Gather GatherElements Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GRU".split(
    " ",
  ),
  ..."GreaterOrEqual Hardmax HardSigmoid HardSwish Identity InstanceNormalization IsInf IsNaN LayerNormalization".split(
    " ",
  ),
  ..."LeakyRelu Less LessOrEqual Log LogSoftmax LRN LSTM MatMul MatMulInteger Max MaxPool Mean Min Mish Mul Neg".split(
    " ",
  ),
  ..."Not Or Pow PRelu QLinearConv QLinearMatMul QuantizeLinear Reciprocal ReduceL1 ReduceL2 ReduceLogSum".split(
    " ",
  ),
  ..."ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape RNN Round".split(
    " ",
  ),
  ..."Selu Shape Sigmoid Sign Sin Sinh Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tan".split(
    " ",
  ),
  ..."Tanh Transpose Unsqueeze Where Xor".split(" "),
  ..."ArrayFeatureExtractor Binarizer CategoryMapper FeatureVectorizer Imputer LabelEncoder LinearClassifier".split(
    " ",
  ),
  ..."LinearRegressor Normalizer OneHotEncoder Scaler SVMClassifier SVMRegressor TreeEnsemble".split(" "),
  ..."TreeEnsembleClassifier TreeEnsembleRegressor".split(" "),
]);
const domains = ["", "ai.onnx", "ai.onnx.ml"];

/** Longest of the names above; a longer one is none of them. */
const nameLimit = 100;

/** Whether a model, already known to be one, is made of such operators alone. */
export function hasBoundedOperators(bytes: Uint8Array): boolean {
  let isBounded = true;
  walkOnnx(bytes, (message, field) => {
    const { number } = field;
    const { operator, domain } = fieldNumbers.Node;
    if (message === "Model" && number === fieldNumbers.Model.functions) isBounded = false;
    if (!isBounded || message !== "Node") return;
    if (number === operator) isBounded = bounded.has(textIn(bytes, field, nameLimit));
    if (number === domain) isBounded = domains.includes(textIn(bytes, field, nameLimit));
  });
  return isBounded;
}

// Made by tools/side-module/main.ts from the C files beside it: do not edit.

/** What the kernels of the side module take, in the order of its C files, which say what each computes. */
// prettier-ignore
export const signatures = {
  adam: 'parameter gradient expAvg expAvgSq moved newExpAvg newExpAvgSq size beta1 rest1 beta2 rest2 eps stepSize shrink weightDecay',
  batchNormGrad: 'dy x y scale mean variance dx dScale dOffset scratch rows channels epsilon relu',
  batchNorm: 'x scale offset y mean variance scratch rows channels epsilon relu',
  compare: 'a b out size single less equal greater',
  convFilterGrad: 'x dy dw batch inHeight inWidth inChannels outHeight outWidth outChannels filterWidth strideHeight strideWidth top left from to',
  convInputGrad: 'dy filter dx panels padded batch inHeight inWidth inChannels outHeight outWidth outChannels filterHeight filterWidth strideHeight strideWidth top left beforeRows beforeColumns paddedHeight paddedWidth',
  conv: 'x filter bias y panels padded batch inHeight inWidth inChannels outHeight outWidth outChannels filterHeight filterWidth strideHeight strideWidth top left paddedHeight paddedWidth relu',
  crossEntropy: 'logits labels losses gradient rows classes labelSmoothing',
  depthwiseFilterGrad: 'x dy dw batch inHeight inWidth channels outHeight outWidth multiplier filterHeight filterWidth strideHeight strideWidth dilationHeight dilationWidth top left',
  leakyRelu: 'x y size alpha',
  matMul: 'a b bias c panel rows inner columns aRow aColumn bRow bColumn relu',
  maxPoolGrad: 'x dy dx batch inHeight inWidth channels outHeight outWidth filterHeight filterWidth strideHeight strideWidth top left',
  avgPoolGrad: 'dy dx batch inHeight inWidth channels outHeight outWidth filterHeight filterWidth strideHeight strideWidth top left',
  reluGrad: 'dy y dx size',
  rmsprop: 'parameter gradient squareAvg gradAvg buffer moved newSquareAvg newGradAvg newBuffer size lr alpha rest eps momentum weightDecay',
  segmentSum: 'x ids sums rows width segments',
  sgd: 'parameter gradient moved size lr weightDecay',
  sgdMomentum: 'parameter gradient buffer moved newBuffer size lr weightDecay momentum entering nesterov',
  sumRows: 'x sums outer rows columns factor',
} as const;

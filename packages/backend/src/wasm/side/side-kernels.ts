/** Where something is in WASM memory, in bytes. */
export type Address = number;

/** What the side module exports; the C files in tools/side-module say what each computes. */
export interface SideKernels {
  readonly sgd: (
    parameter: Address,
    gradient: Address,
    moved: Address,
    size: number,
    lr: number,
    decay: number,
  ) => void;
  readonly sgdMomentum: (
    parameter: Address,
    gradient: Address,
    buffer: Address,
    moved: Address,
    newBuffer: Address,
    size: number,
    lr: number,
    decay: number,
    momentum: number,
    entering: number,
    nesterov: number,
  ) => void;
  readonly adam: (
    parameter: Address,
    gradient: Address,
    first: Address,
    second: Address,
    moved: Address,
    newFirst: Address,
    newSecond: Address,
    size: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    eps: number,
    stepSize: number,
    shrink: number,
    decay: number,
  ) => void;
  /** `mean` and `buffer` are 0 where there is none, and so is what becomes of them. */
  readonly rmsprop: (
    parameter: Address,
    gradient: Address,
    square: Address,
    mean: Address,
    buffer: Address,
    moved: Address,
    newSquare: Address,
    newMean: Address,
    newBuffer: Address,
    size: number,
    lr: number,
    alpha: number,
    rest: number,
    eps: number,
    momentum: number,
    decay: number,
  ) => void;
  readonly crossEntropy: (
    logits: Address,
    labels: Address,
    losses: Address,
    gradient: Address,
    rows: number,
    classes: number,
    smoothing: number,
  ) => void;
  /** `scratch`: 3 float64 a channel, channels rounded up to fours. */
  readonly batchNorm: (
    x: Address,
    scale: Address,
    offset: Address,
    y: Address,
    mean: Address,
    variance: Address,
    scratch: Address,
    rows: number,
    channels: number,
    epsilon: number,
    relu: number,
  ) => void;
  /** `scratch`: 5 float64 a channel, channels rounded up to fours. */
  readonly batchNormGrad: (
    dy: Address,
    x: Address,
    y: Address,
    scale: Address,
    mean: Address,
    variance: Address,
    dx: Address,
    dScale: Address,
    dOffset: Address,
    scratch: Address,
    rows: number,
    channels: number,
    epsilon: number,
    relu: number,
  ) => void;
  readonly convFilterGrad: (
    x: Address,
    dy: Address,
    dw: Address,
    batch: number,
    inHeight: number,
    inWidth: number,
    inChannels: number,
    outHeight: number,
    outWidth: number,
    outChannels: number,
    filterHeight: number,
    filterWidth: number,
    strideHeight: number,
    strideWidth: number,
    top: number,
    left: number,
  ) => void;
  /** `panel`: 8 float32 for each of `inner`, and no more than 4096. `bias` is 0 where there is none. */
  readonly matMul: (
    a: Address,
    b: Address,
    bias: Address,
    c: Address,
    panel: Address,
    rows: number,
    inner: number,
    columns: number,
    aRow: number,
    aColumn: number,
    bRow: number,
    bColumn: number,
    relu: number,
  ) => void;
  /** `panels`: the filter with output channels rounded up to fours; `padded`: an image of the padded size, or 0. */
  readonly conv: (
    x: Address,
    filter: Address,
    bias: Address,
    y: Address,
    panels: Address,
    padded: Address,
    batch: number,
    inHeight: number,
    inWidth: number,
    inChannels: number,
    outHeight: number,
    outWidth: number,
    outChannels: number,
    filterHeight: number,
    filterWidth: number,
    strideHeight: number,
    strideWidth: number,
    top: number,
    left: number,
    paddedHeight: number,
    paddedWidth: number,
    relu: number,
  ) => void;
  readonly depthwiseFilterGrad: (
    x: Address,
    dy: Address,
    dw: Address,
    batch: number,
    inHeight: number,
    inWidth: number,
    channels: number,
    outHeight: number,
    outWidth: number,
    multiplier: number,
    filterHeight: number,
    filterWidth: number,
    strideHeight: number,
    strideWidth: number,
    dilationHeight: number,
    dilationWidth: number,
    top: number,
    left: number,
  ) => void;
  readonly maxPoolGrad: (x: Address, dy: Address, dx: Address, ...pool: Pool) => void;
  readonly avgPoolGrad: (dy: Address, dx: Address, ...pool: Pool) => void;
  readonly segmentSum: (
    x: Address,
    ids: Address,
    sums: Address,
    rows: number,
    width: number,
    segments: number,
  ) => void;
}

/** How a pool lies on its images. */
export type Pool = [
  batch: number,
  inHeight: number,
  inWidth: number,
  channels: number,
  outHeight: number,
  outWidth: number,
  filterHeight: number,
  filterWidth: number,
  strideHeight: number,
  strideWidth: number,
  top: number,
  left: number,
];

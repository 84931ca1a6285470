export { digits } from './digits.ts';
export { download } from './download.ts';
export type { DownloadOptions } from './download.ts';
export { fashionMnist } from './fashion-mnist.ts';
export type { FashionMnistOptions } from './fashion-mnist.ts';
export { UnavailableDataError } from './unavailable-data-error.ts';

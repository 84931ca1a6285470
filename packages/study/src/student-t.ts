/**
 * The t that a Student distribution with whole degrees of freedom keeps within ±t with a probability.
 *
 * The probability within ±t is a finite sum for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and
 * 26.7.4); its inverse is found by bisection. Libraries for this one number bring hundreds of packages.
 */
export function studentT(probability: number, degrees: number): number {
  let [low, high] = [0, 1];
  while (within(high, degrees) < probability) high *= 2;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (within(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return high;
}

function within(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = degrees > 1 ? term : 0;
  for (let i = isOdd ? 3 : 2; i < degrees; i += 2) {
    term *= ((i - 1) / i) * cosine ** 2;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

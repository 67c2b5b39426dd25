/** Numbers that a seed decides, the same on every machine. */
export class Random {
  #state: number;

  /** `seed`: a whole number from 0 to 2³² − 1. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to 1, by the Weyl sequence and mix of splitmix32. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.between(0, choices.length - 1)];
    if (chosen === undefined) throw new RangeError("nothing to pick from");
    return chosen;
  }

  chance(share: number): boolean {
    return this.next() < share;
  }
}

/** Blobs that were accepted and cannot be seen yet: eventual consistency, on demand. */
export class HiddenBlobs {
  readonly #until = new Map<string, number>();

  hide(repository: string, digest: string, milliseconds: number): void {
    this.#until.set(`${repository}@${digest}`, Date.now() + milliseconds);
  }

  isHidden(repository: string, digest: string): boolean {
    return Date.now() < (this.#until.get(`${repository}@${digest}`) ?? 0);
  }
}

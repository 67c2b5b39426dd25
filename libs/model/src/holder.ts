/** A repository that is believed to have blobs of an artifact. A hint: nobody is told what a registry deletes or collects. */
export interface Holder {
  readonly instance: string;
  readonly repository: string;
}

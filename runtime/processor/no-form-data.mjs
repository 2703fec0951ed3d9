/** In place of `form-data` in the processor's bundle: axios wants it for multipart bodies only. */
export default undefined;

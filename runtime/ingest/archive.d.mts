/** The file beside the handler that is built from the archive's writer, with the S3 client in it. */
export { ArchiveWriter } from '../archive/writer';

import { toolchain } from './toolchain';

/** Installs everything before the first test, whose time it would use up. */
export default async function (): Promise<void> {
  await toolchain();
}

/** Where regions come from, and where their names go. */
import { systemError } from '../errors.js';
import { native, type NativeDescriptor, type NativeRegion, type RegionRefusal } from '../native/index.js';
import { validateRegionName } from './names.js';
import { refusedError } from './refusals.js';
import { checkMemory, MAX_SIZE, validateSize } from './sizes.js';

export function createRegion(name: unknown, size: unknown): NativeRegion {
  const file = name === null ? null : validateRegionName(name);
  const sizes = validateSize(size);
  const attempted = `create region ${file === null ? 'without a name' : quote(file)} of ${sizes.maxSize} bytes`;
  checkMemory(sizes.maxSize, attempted);
  const region = native.createRegion(file, sizes.size, sizes.maxSize);
  if (typeof region === 'number') throw systemError(region, file === null ? 'memfd_create' : 'open', attempted);
  return region;
}

export function openRegion(name: unknown): NativeRegion {
  const file = validateRegionName(name);
  return requireRegion(native.openRegion(file, MAX_SIZE), 'open', `open region ${quote(file)}`);
}

/** Takes the descriptor over, unless it throws. */
export function adoptRegion(descriptor: NativeDescriptor, allowUnsealed: boolean): NativeRegion {
  return requireRegion(native.adoptRegion(descriptor, allowUnsealed, MAX_SIZE), 'mmap', 'take an object for a region');
}

/** Removes a name if it is that of the region with this descriptor. */
export function unlinkRegion(name: string, descriptor: NativeDescriptor): void {
  const file = validateRegionName(name);
  const result = native.unlinkRegion(file, descriptor);
  if (result < 0) throw systemError(result, 'unlink', `remove the name of region ${quote(file)}`);
}

function requireRegion(region: NativeRegion | RegionRefusal | number, syscall: string, attempted: string): NativeRegion {
  if (typeof region === 'number') throw systemError(region, syscall, attempted);
  if (typeof region === 'string') throw refusedError(attempted, region);
  return region;
}

function quote(file: string): string {
  return `"${file}"`;
}

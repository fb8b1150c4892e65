// What a descriptor is: nobody who receives one may take its sender's word for it.
#pragma once

namespace gips {

// 'stream', 'stream-listener', 'seqpacket', 'seqpacket-listener', 'dgram', 'file', 'other'; null with errno if it is none.
const char* DescribeDescriptor(int fd);

}  // namespace gips

// What a handle is: nobody who receives one may take its sender's word for it.
#pragma once

namespace gips {

// For a file descriptor of the C library. 'file', 'other'; null with LastFailure() if it is none.
const char* DescribeDescriptor(int fd);

}  // namespace gips

# How tests/run builds LightGBM: two thirds of the time that its own -O3 takes, and tests train on few rows. It counts where
# LightGBM is not built yet; cargo does not notice another way.
set(CMAKE_CXX_FLAGS_RELEASE "-O1 -DNDEBUG" CACHE STRING "for all that tests/run builds by CMake")

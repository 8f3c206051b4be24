# Adds the files of this folder to the build.

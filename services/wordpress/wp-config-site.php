<?php
// The settings belong to the image, not to the volume.
require '/usr/share/pidone/wp-config.php';
